using Podwire.Primitives;

namespace Podwire.NetPolicy.State;

/// <summary>Ports of a rule: a range of numbers, or a name.</summary>
/// <param name="Protocol">The protocol; null only with a name: any that the pod gives it.</param>
/// <param name="From">The first port.</param>
/// <param name="To">The last port.</param>
/// <param name="Name">The name; null for numbers.</param>
internal readonly record struct PortMatch(IpProtocol? Protocol, ushort From, ushort To, string? Name)
{
    /// <summary>A range.</summary>
    public static PortMatch Range(IpProtocol protocol, ushort from, ushort to) => new(protocol, from, to, null);

    /// <summary>Every port of a protocol.</summary>
    public static PortMatch All(IpProtocol protocol) => new(protocol, 0, ushort.MaxValue, null);

    /// <summary>A name, resolved on the destination pod.</summary>
    public static PortMatch Named(IpProtocol? protocol, string name) => new(protocol, 0, 0, name);

    /// <summary>True if a port with a name is this one.</summary>
    public bool Is(NamedPort port) => Name == port.Name && (Protocol is null || Protocol == port.Protocol);
}
