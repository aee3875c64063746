using BenchmarkDotNet.Attributes;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.State;

namespace Podwire.Bench;

/// <summary>The proxy's compiler: a whole table of Services, and one endpoint exchanged in a table that stands.</summary>
[MemoryDiagnoser]
public class RuleCompiling
{
    private const int EndpointsPerService = 10;
    private static readonly NodeState Node = new() { Name = "node1" };
    private ProxyState state = new(Node);
    private TableModel model = new(new() { Family = IpFamily.V4 });
    private ProxySnapshot? all;
    private uint next;

    [Params(100, 10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        state = new ProxyState(Node);
        for (var number = 0; number < Services; number++)
        {
            state.SetService(new ServiceRecord
            {
                Key = Key(number),
                ClusterIps = [IpAddress.FromV4(0x0A60_0000u + (uint)number + 2)],
                Ports = [new PortRecord("http", IpProtocol.Tcp, 80, 0)],
            });
            state.SetSlice(Slice(number, 0));
        }

        all = state.Take(everything: true);
        model = new(new() { Family = IpFamily.V4 });
        model.Absorb(all!);
    }

    /// <summary>From a snapshot of every Service to the batches that load the table.</summary>
    [Benchmark(Baseline = true)]
    public int WholeTable()
    {
        var fresh = new TableModel(new() { Family = IpFamily.V4 });
        fresh.Absorb(all!);
        return fresh.Load(elementsAtOnce: 20_000).Sum(batch => batch.ElementCount);
    }

    /// <summary>From one changed slice to the batch that exchanges its endpoint.</summary>
    [Benchmark]
    public int OneEndpoint()
    {
        state.SetSlice(Slice(Services / 2, ++next));
        return model.Apply(state.Take()!).SelectMany(change => change.ToBatches()).Sum(batch => batch.ElementCount);
    }

    private static ServiceKey Key(int number) => new("default", $"service-{number}");

    /// <summary>Ten endpoints; the last one is another for each <paramref name="version"/>.</summary>
    private static SliceRecord Slice(int number, uint version) => new()
    {
        Name = $"service-{number}-slice",
        Service = Key(number),
        Version = $"{version}",
        Family = IpFamily.V4,
        Ports = [new SlicePort("http", IpProtocol.Tcp, 8080)],
        Endpoints = [.. Enumerable.Range(0, EndpointsPerService).Select(slot => new EndpointRecord
        {
            Address = IpAddress.FromV4(0x0AF4_0000u + (uint)((number * EndpointsPerService) + slot) + (slot == EndpointsPerService - 1 ? 0x0010_0000u * (1 + (version % 8)) : 0)),
        })],
    };
}
