namespace Podwire.Proxy.Compile;

/// <summary>What happens to a new connection at a frontend.</summary>
internal enum FrontendVerdict : byte
{
    /// <summary>It goes to a chain that leads to an endpoint.</summary>
    Forward,

    /// <summary>No endpoint exists: it is refused at once, so that clients need not wait for a time-out.</summary>
    Reject,

    /// <summary>Endpoints exist, but none that the traffic policy allows here: it is dropped, so that clients try again elsewhere.</summary>
    Drop,
}
