using Podwire.Primitives;

namespace Podwire.Proxy.Compile;

/// <summary>
/// Where a connection to a Service arrives: an address, protocol and port; or a protocol and port at every address of the
/// node, with no address here. Exactly one Service can have it.
/// </summary>
internal readonly record struct FrontendKey(IpAddress Address, IpProtocol Protocol, ushort Port) : IComparable<FrontendKey>
{
    /// <summary>True for a node port.</summary>
    public bool IsNodePort => Address.IsNone;

    /// <summary>A node port.</summary>
    public static FrontendKey NodePort(IpProtocol protocol, ushort port) => new(default, protocol, port);

    /// <inheritdoc/>
    public int CompareTo(FrontendKey other)
    {
        var order = Address.CompareTo(other.Address);
        order = order != 0 ? order : Protocol.CompareTo(other.Protocol);
        return order != 0 ? order : Port.CompareTo(other.Port);
    }

    /// <summary><c>10.96.0.1:443/tcp</c>, <c>nodeport:30080/tcp</c>.</summary>
    public override string ToString() => $"{(IsNodePort ? "nodeport" : Address.IsV6 ? $"[{Address}]" : Address.ToString())}:{Port}/{ProtocolNames.Of(Protocol)}";
}
