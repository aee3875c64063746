using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Compile;
using Podwire.Ruleset;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>A kernel that says no: single elements of a transaction, a generation that has passed, answers that are lost, a buffer that is too small.</summary>
public sealed class FaultTests : IDisposable
{
    private static int count;

    private readonly string name = $"proxy-{Environment.ProcessId}-fault-{Interlocked.Increment(ref count)}";
    private readonly NetNamespace ns;
    private readonly NftSocket socket;
    private readonly NftSocket other;
    private readonly FaultyNft faulty;
    private readonly TableSync sync;
    private readonly TableSettings settings = new() { Family = IpFamily.V4 };

    public FaultTests()
    {
        Assert.SkipUnless(Environment.UserName == "root", "lacks: root");
        ns = NetNamespace.Create($"/run/netns/{name}");
        (socket, other) = (NftSocket.Open(ns), NftSocket.Open(ns));
        faulty = new(socket);
        sync = new(faulty, new GenerationWatch(faulty), IpFamily.V4, NullLogger.Instance);
    }

    public void Dispose()
    {
        socket.Dispose();
        other.Dispose();
        ns.Dispose();
        NetNamespace.Delete($"/run/netns/{name}");
    }

    [Fact]
    public void Element_ThatIsNotThereAnyMore_RefusesTheTransactionWhole_AndTheNextRunConverges()
    {
        sync.Sync(Snapshot(Web("10.244.1.2"), Other("10.244.1.3")), settings);
        var stolen = socket.ReadTable(TableSchema.V4.Id)!.FindSet("service-endpoints")!.Elements.First(element => element.Comment == "default/web:http");
        other.Apply(new NftBatch().DeleteElements(TableSchema.V4.Id, TableSchema.V4.ServiceEndpoints, stolen));

        var refused = Assert.Throws<NftException>(() => sync.Sync(Snapshot(Web("10.244.1.8"), Other("10.244.1.9")), settings));

        Assert.Equal(Errno.ENOENT, refused.Errno);
        Assert.Contains("service-endpoints", refused.Message, StringComparison.Ordinal);
        // Nothing of the transaction took effect, of the Service that was not to blame neither.
        Assert.DoesNotContain("10.244.1.9", NftText.Write(socket.ReadTable(TableSchema.V4.Id)!), StringComparison.Ordinal);
        sync.Sync(null, settings);
        Check();
    }

    [Fact]
    public void Element_ThatSomebodyElseAddedOtherwise_RefusesTheTransaction_AndTheNextRunConverges()
    {
        sync.Sync(Snapshot(Web("10.244.1.2"), Other("10.244.1.3")), settings);
        other.Apply(new NftBatch().AddElements(
            TableSchema.V4.Id, TableSchema.V4.ServiceEndpoints, ElementCompiler.Slot(new(Ip("10.96.0.10"), IpProtocol.Tcp, 80), 1, At("192.0.2.1", 9), "somebody's")));

        var refused = Assert.Throws<NftException>(() => sync.Sync(Snapshot(Web("10.244.1.2", "10.244.1.4"), Other("10.244.1.9")), settings));

        Assert.True(refused.Errno is Errno.EEXIST or Errno.EBUSY, refused.Message);
        Assert.Contains("service-endpoints", refused.Message, StringComparison.Ordinal);
        sync.Sync(null, settings);
        Check();
        Assert.DoesNotContain("192.0.2.1", NftText.Write(socket.ReadTable(TableSchema.V4.Id)!), StringComparison.Ordinal);
    }

    [Fact]
    public void Generation_ThatPassedWhileComparing_IsRefusedByTheKernel_AndComparedAgain()
    {
        sync.Sync(Snapshot(Web("10.244.1.2"), Other("10.244.1.3")), settings);
        other.Apply(new NftBatch().Add(new FlushSet(TableSchema.V4.Id, "service-ips")));
        sync.Distrust();
        var races = 0;
        faulty.Before = (_, generation) =>
        {
            if (generation is not null && races++ < 2)
            {
                other.Apply(new NftBatch().Add(new AddTable(new(TableFamily.Ip, $"race-{races}"))));
            }
        };

        sync.Sync(null, settings);

        Assert.Equal([Errno.ERESTART, Errno.ERESTART], faulty.Refusals);
        Check();
    }

    [Fact]
    public void Answers_ThatWereLost_OfACommitThatTookEffect_LeadToAComparisonThatSendsNothing()
    {
        sync.Sync(Snapshot(Web("10.244.1.2"), Other("10.244.1.3")), settings);
        faulty.After = static _ => throw new NftException(Errno.ENOBUFS, null, "the kernel's answers were lost");
        Assert.Equal(Errno.ENOBUFS, Assert.Throws<NftException>(() => sync.Sync(Snapshot(Web("10.244.1.8")), settings)).Errno);
        faulty.After = null;

        Assert.Equal(0, sync.Sync(null, settings).Batches);
        Check();
    }

    [Fact]
    public void SendBuffer_ThatIsTooSmall_LeadsToSmallerTransactions_UntilTheyFit()
    {
        string[] many = [.. Enumerable.Range(0, 1500).Select(static i => $"10.244.{2 + (i / 200)}.{2 + (i % 200)}")];
        faulty.Before = static (batch, _) =>
        {
            if (batch.ElementCount > 100)
            {
                throw new NftException(Errno.EMSGSIZE, null, "does not fit the send buffer");
            }
        };
        var snapshot = Snapshot(Web(many), Other("10.244.1.3"));
        var runs = 0;
        for (var done = false; !done; runs++)
        {
            Assert.True(runs < 20, "it does not converge");
            try
            {
                sync.Sync(runs == 0 ? snapshot : null, settings);
                done = true;
            }
            catch (NftException e) when (e.Errno == Errno.EMSGSIZE)
            {
                // The loop would run again.
            }
        }

        Assert.True(runs > 1);
        Check();
    }

    private static Podwire.Proxy.State.ServiceState Web(params string[] addresses) => With(Service(), [.. addresses.Select(address => Endpoint(address, "node2"))]);

    private static Podwire.Proxy.State.ServiceState Other(params string[] addresses) => With(Service("other", "10.96.0.20"), [.. addresses.Select(address => Endpoint(address, "node2"))]);

    private void Check() => Assert.DoesNotContain(RulesetDiff.Stages(socket.ReadTable(TableSchema.V4.Id), sync.Model!.ToTable()), static batch => !batch.IsEmpty);

    /// <summary>The kernel, with somebody in the way.</summary>
    private sealed class FaultyNft(NftSocket kernel) : INftables
    {
        public Action<NftBatch, uint?>? Before { get; set; }

        public Action<NftBatch>? After { get; set; }

        public List<Errno> Refusals { get; } = [];

        public uint GetGeneration() => kernel.GetGeneration();

        public Table? ReadTable(TableId id) => kernel.ReadTable(id);

        public void Apply(NftBatch batch, uint? generation = null)
        {
            Before?.Invoke(batch, generation);
            try
            {
                kernel.Apply(batch, generation);
            }
            catch (NftException e)
            {
                Refusals.Add(e.Errno);
                throw;
            }

            After?.Invoke(batch);
        }
    }
}
