namespace Podwire.Bgp.Session;

/// <summary>The state of a session (RFC 4271 section 8.2.2).</summary>
public enum SessionState
{
    /// <summary>Nothing is tried: disabled, or waiting after an error.</summary>
    Idle,

    /// <summary>A TCP connection is being opened.</summary>
    Connect,

    /// <summary>Waiting for the neighbour to connect, or for the next try.</summary>
    Active,

    /// <summary>OPEN has been sent.</summary>
    OpenSent,

    /// <summary>The neighbour's OPEN is accepted, its KEEPALIVE awaited.</summary>
    OpenConfirm,

    /// <summary>Routes are exchanged.</summary>
    Established,
}
