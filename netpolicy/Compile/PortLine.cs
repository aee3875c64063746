using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile;

/// <summary>
/// All ports of all protocols on one line, so that ranges of them are ranges of numbers: TCP, UDP and SCTP with 65,536 points each, and one
/// point behind them for every other protocol, which no rule names and only a rule without ports matches.
/// </summary>
internal static class PortLine
{
    /// <summary>The last point: a protocol without ports that rules could name.</summary>
    public const uint Other = 3 << 16;

    /// <summary>The protocols in their order on the line.</summary>
    public static IpProtocol[] Protocols { get; } = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    /// <summary>The point of a port.</summary>
    public static uint Of(IpProtocol protocol, ushort port) => protocol switch
    {
        IpProtocol.Tcp => port,
        IpProtocol.Udp => (1u << 16) | port,
        IpProtocol.Sctp => (2u << 16) | port,
        _ => Other,
    };

    /// <summary>The protocol of a point before <see cref="Other"/>.</summary>
    public static IpProtocol ProtocolOf(uint point) => Protocols[point >> 16];

    /// <summary>The port of a point.</summary>
    public static ushort PortOf(uint point) => (ushort)point;
}
