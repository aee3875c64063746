namespace Podwire.NetPolicy.State;

/// <summary>One rule of a policy: every peer with every port.</summary>
internal sealed record RuleRecord
{
    /// <summary>What is done with what it matches.</summary>
    public RuleAction Action { get; init; }

    /// <summary>The peers; null for any, an empty list for none (nothing of them could be used).</summary>
    public PeerRecord[]? Peers { get; init; }

    /// <summary>The ports; null for all of every protocol, an empty list for none.</summary>
    public PortMatch[]? Ports { get; init; }

    /// <summary>How people find it: <c>ingress[0]</c>, with its name if it has one.</summary>
    public string Label { get; init; } = string.Empty;
}
