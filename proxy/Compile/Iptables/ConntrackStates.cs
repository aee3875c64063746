namespace Podwire.Proxy.Compile.Iptables;

/// <summary>The states of <c>--ctstate</c>, in the order in which iptables writes them.</summary>
[Flags]
internal enum ConntrackStates
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Belongs to no connection that can be told.</summary>
    Invalid = 1,

    /// <summary>The first packet.</summary>
    New = 2,

    /// <summary>Of a connection that another one announced.</summary>
    Related = 4,

    /// <summary>Seen in both directions.</summary>
    Established = 8,

    /// <summary>Exempted from tracking.</summary>
    Untracked = 16,

    /// <summary>Source translated.</summary>
    Snat = 32,

    /// <summary>Destination translated.</summary>
    Dnat = 64,
}
