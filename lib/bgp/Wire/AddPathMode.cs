namespace Podwire.Bgp.Wire;

/// <summary>Whether several paths of one prefix may be received, sent, or both (RFC 7911 section 4).</summary>
[Flags]
public enum AddPathMode : byte
{
    /// <summary>One path of each prefix.</summary>
    None = 0,

    /// <summary>The sender of the capability takes several.</summary>
    Receive = 1,

    /// <summary>The sender of the capability sends several.</summary>
    Send = 2,

    /// <summary>Both.</summary>
    Both = 3,
}
