namespace Podwire.Netlink;

/// <summary>Bytes that are not what the protocol allows: a length beyond its container, a value too short for its type.</summary>
public sealed class NetlinkProtocolException : Exception
{
    /// <summary>What is wrong and where, in bytes from the start of the datagram or of the span that was read.</summary>
    public NetlinkProtocolException(string problem, int offset)
        : base($"malformed netlink message at byte {offset}: {problem}") => Offset = offset;

    /// <summary>Bytes from the start.</summary>
    public int Offset { get; }
}
