namespace Podwire.Ruleset;

/// <summary>Connection states as bits (<c>NF_CT_STATE_BIT</c>).</summary>
[Flags]
public enum CtState : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Not to be assigned to a connection.</summary>
    Invalid = 1,

    /// <summary>Both sides have sent.</summary>
    Established = 2,

    /// <summary>Belongs to another connection, or is an ICMP error about one.</summary>
    Related = 4,

    /// <summary>The first packet.</summary>
    New = 8,

    /// <summary>Exempt from tracking.</summary>
    Untracked = 64,
}
