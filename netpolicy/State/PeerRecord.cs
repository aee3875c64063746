namespace Podwire.NetPolicy.State;

/// <summary>One peer of a rule; exactly one of the members is set.</summary>
internal sealed record PeerRecord
{
    /// <summary>Pods.</summary>
    public PeerSelector? Pods { get; private init; }

    /// <summary>Addresses.</summary>
    public IpBlock? Block { get; private init; }

    /// <summary>Nodes by their labels.</summary>
    public LabelQuery? Nodes { get; private init; }

    /// <summary>The addresses of a domain name, in lower case and without a dot at the end; or of all names behind a wildcard, <c>*.example.com</c>.</summary>
    public string? Domain { get; private init; }

    /// <summary>True for a domain name with a wildcard.</summary>
    public bool IsWildcard => Domain is ['*', ..];

    /// <summary>Pods.</summary>
    public static PeerRecord Of(PeerSelector pods) => new() { Pods = pods };

    /// <summary>Addresses.</summary>
    public static PeerRecord Of(IpBlock block) => new() { Block = block };

    /// <summary>Nodes.</summary>
    public static PeerRecord OfNodes(LabelQuery nodes) => new() { Nodes = nodes };

    /// <summary>A domain name.</summary>
    public static PeerRecord OfDomain(string domain) => new() { Domain = domain };
}
