using BenchmarkDotNet.Attributes;
using Podwire.Netlink;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Nftables;
using Podwire.Ruleset;

namespace Podwire.Bench;

/// <summary>Elements to netlink messages and back, without the kernel.</summary>
[MemoryDiagnoser]
public class MessageBuilding
{
    private NftBatch batch = new();
    private byte[] datagram = [];

    [Params(1, 1_000, 10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        batch = new NftBatch().AddElements(ServiceTables.Id, ServiceTables.Declaration, ServiceTables.Elements(Services));
        datagram = new byte[Write()];
        var writer = new NetlinkWriter(datagram);
        new BatchWriter().Write(ref writer, batch, null);
    }

    [Benchmark]
    public int Write()
    {
        var writer = new NetlinkWriter(stackalloc byte[2048]);
        try
        {
            new BatchWriter().Write(ref writer, batch, null);
            return writer.Length;
        }
        finally
        {
            writer.Dispose();
        }
    }

    [Benchmark]
    public int Read()
    {
        var raw = new List<ElementMessage.RawElement>();
        var pool = new ReadPool();
        var reader = new NetlinkMessageReader(datagram);
        while (reader.Read(out var message))
        {
            if (message.Type == NfGenMessage.Type(NfTables.NFT_MSG_NEWSETELEM))
            {
                ElementMessage.Read(message.Attributes(NfGenMessage.Size), raw, pool);
            }
        }

        return ElementMessage.Assemble(ServiceTables.Declaration, raw).Count;
    }
}
