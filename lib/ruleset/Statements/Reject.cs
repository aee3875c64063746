using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>Refuses the packet with an answer. Works in the hooks input, forward and output (and prerouting) of filter chains.</summary>
public sealed record Reject(RejectType Type, byte Code = 0) : Statement
{
    /// <summary><c>reject with tcp reset</c>; needs a match of TCP before it.</summary>
    public static Reject TcpReset { get; } = new(RejectType.TcpReset);

    /// <summary><c>reject with icmpx port-unreachable</c>.</summary>
    public static Reject IcmpxPortUnreachable { get; } = new(RejectType.Icmpx, 1);

    /// <summary><c>reject with icmp port-unreachable</c> (code 3, RFC 792) or <c>icmpv6 port-unreachable</c> (code 4, RFC 4443).</summary>
    public static Reject PortUnreachable(IpFamily family) => new(RejectType.Icmp, family == IpFamily.V4 ? (byte)3 : (byte)4);
}
