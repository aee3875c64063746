using Podwire.Proxy.Compile;

namespace Podwire.Proxy.Apply;

/// <summary>What a synchronisation of one table came to.</summary>
/// <param name="Batches">Transactions that were committed.</param>
/// <param name="Elements">Elements that they added or removed.</param>
/// <param name="FlowFrontends">Frontends whose flows in conntrack are to be looked at; null for all.</param>
internal readonly record struct SyncOutcome(int Batches, int Elements, IReadOnlyList<FrontendKey>? FlowFrontends)
{
    /// <summary>The family of the table; none where a mode treats both at once.</summary>
    public Primitives.IpFamily Family { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>Services that under internalTrafficPolicy Local have endpoints, but none on this node.</summary>
    public int NoLocalInternal { get; init; }

    /// <summary>The same under externalTrafficPolicy Local.</summary>
    public int NoLocalExternal { get; init; }

    /// <summary>Rules that are there now, by the tables of iptables; null in the other modes.</summary>
    public Compile.Iptables.IptablesRuleCounts? RulesTotal { get; init; }

    /// <summary>Rules that were written.</summary>
    public Compile.Iptables.IptablesRuleCounts? RulesWritten { get; init; }

    /// <summary>Nothing was done.</summary>
    public static SyncOutcome Nothing { get; } = new(0, 0, []);
}
