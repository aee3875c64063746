using Podwire.Primitives;

namespace Podwire.Proxy.Compile;

/// <summary>Protocols as rule names and comments write them.</summary>
internal static class ProtocolNames
{
    /// <summary><c>tcp</c>, <c>udp</c>, <c>sctp</c>.</summary>
    public static string Of(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        _ => "tcp",
    };
}
