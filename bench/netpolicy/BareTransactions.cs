using System.Diagnostics;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicyBench;

/// <summary>What the kernel alone does with transactions of the same kind, ready-made, between the ones that are measured: in a table of its own.</summary>
internal sealed class BareTransactions
{
    private static readonly TableId Table = new(TableFamily.Ip, "bare");
    private static readonly NftSet Peers = new() { Name = "peers", Key = [NftType.Ipv4Address] };
    private static readonly NftMap Pods = new() { Name = "pods", Key = [NftType.Ipv4Address] };
    private static readonly NftSet OfPod = new() { Name = "of-pod", Key = [NftType.Ipv4Address] };
    private readonly NftSocket nft;
    private readonly NftBatch comes = new();
    private readonly NftBatch goes = new();
    private readonly List<double> times = [];
    private bool isThere;

    /// <param name="nft">The node's kernel.</param>
    /// <param name="isLocal">An element in the map of pods, a set and a chain with three rules, instead of one element.</param>
    public BareTransactions(NftSocket nft, bool isLocal)
    {
        this.nft = nft;
        var forward = new Chain { Name = "forward", Base = new(ChainType.Filter, ChainHook.Forward, ChainPriority.Filter), Rules = [Rule.Of(new VerdictMapLookup(Payload.Daddr(IpFamily.V4), Pods.Name))] };
        nft.Apply(new NftBatch().Add(new AddTable(Table)).Add(new AddSet(Table, Peers)).Add(new AddSet(Table, Pods)).Add(new AddChain(Table, forward with { Rules = [] })).Add(new AddRule(Table, forward.Name, forward.Rules[0])));
        SetElement[] some = [.. Enumerable.Range(1, isLocal ? 4 : 1).Select(static i => SetElement.Of(NftScalar.Address(IpAddress.FromV4(0x0A000000u + (uint)i))))];
        if (!isLocal)
        {
            comes.AddElements(Table, Peers, some);
            goes.DeleteElements(Table, Peers, some);
            return;
        }

        var pod = SetElement.Map(NftScalar.Address(IpAddress.FromV4(0x0A000001)), Verdict.Goto("pod"));
        var lookup = Rule.Of(new SetLookup(Payload.Saddr(IpFamily.V4), OfPod.Name), VerdictStatement.Accept);
        comes.Add(new AddSet(Table, OfPod)).Add(new AddChain(Table, Chain.Regular("pod"))).AddElements(Table, OfPod, some).AddElements(Table, Pods, pod)
            .Add(new AddRule(Table, "pod", lookup)).Add(new AddRule(Table, "pod", lookup)).Add(new AddRule(Table, "pod", Rule.Of(VerdictStatement.Drop)));
        goes.Add(new FlushChain(Table, "pod")).DeleteElements(Table, Pods, pod).Add(new DeleteChain(Table, "pod")).Add(new DeleteSet(Table, OfPod.Name));
    }

    /// <summary>The times, sorted.</summary>
    public List<double> Sorted
    {
        get
        {
            times.Sort();
            return times;
        }
    }

    public void Measure()
    {
        var began = Stopwatch.GetTimestamp();
        nft.Apply(isThere ? goes : comes);
        times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        isThere = !isThere;
    }
}
