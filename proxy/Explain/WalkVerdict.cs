namespace Podwire.Proxy.Explain;

/// <summary>What becomes of the packet.</summary>
internal enum WalkVerdict
{
    /// <summary>No rule of the proxy is about it: it goes where it is addressed to.</summary>
    Untouched,

    /// <summary>It is sent to an endpoint.</summary>
    Translated,

    /// <summary>It is answered with «port unreachable».</summary>
    Refused,

    /// <summary>It is dropped without an answer.</summary>
    Dropped,
}
