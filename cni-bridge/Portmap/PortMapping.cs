using System.Buffers.Binary;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Portmap;

/// <summary>A port of the node that leads to a port of the container: an entry of <c>runtimeConfig.portMappings</c>.</summary>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="HostPort">The node's port.</param>
/// <param name="ContainerPort">The container's port.</param>
/// <param name="HostIp">The node's address that it is limited to; null for every one.</param>
internal sealed record PortMapping(IpProtocol Protocol, ushort HostPort, ushort ContainerPort, IpAddress? HostIp)
{
    /// <summary>True if the mapping says something about a family: one without an address of the node does about both.</summary>
    internal bool IsOf(IpFamily family) => HostIp is not { } address || address.Family == family;

    /// <summary>The protocol as iptables and people write it.</summary>
    internal string ProtocolName => Protocol.ToString().ToLowerInvariant();

    /// <summary>The node's address that it is limited to; null for every one (0.0.0.0 and :: are every one of their family).</summary>
    internal IpAddress? BoundTo => HostIp is { IsUnspecified: false } ? HostIp : null;

    /// <summary>True if a packet could be meant for both: a family in common, the same protocol and port, and the same address, or one has none.</summary>
    internal bool Collides(PortMapping other) =>
        Protocol == other.Protocol && HostPort == other.HostPort
        && (HostIp is not { } mine || other.HostIp is not { } theirs || mine.Family == theirs.Family)
        && (BoundTo is null || other.BoundTo is null || BoundTo == other.BoundTo);

    /// <summary>The key of the map's element.</summary>
    internal NftData Key => BoundTo is { } address
        ? NftData.Of(NftScalar.Address(address), Protocol, NftScalar.Port(HostPort))
        : PortKey;

    /// <summary>The part of the key that says the protocol and the port: all of it where the mapping is for every address.</summary>
    internal NftData PortKey => NftData.Of(Protocol, NftScalar.Port(HostPort));

    /// <summary>Reads a mapping back from an element.</summary>
    internal static PortMapping Read(IpFamily family, SetElement element, bool addressed)
    {
        var size = family == IpFamily.V4 ? 4 : 16;
        var key = element.Key.Span;
        var at = addressed ? size : 0;
        return new(
            (IpProtocol)key[at],
            BinaryPrimitives.ReadUInt16BigEndian(key[(at + 4)..]),
            BinaryPrimitives.ReadUInt16BigEndian(element.Data.Span[size..]),
            addressed ? IpAddress.FromBytes(key[..size]) : null);
    }

    /// <summary>«tcp 8080» or «tcp 192.0.2.1:8080».</summary>
    public override string ToString() => HostIp switch
    {
        null => $"{ProtocolName} {HostPort}",
        { IsV6: true } address => $"{ProtocolName} [{address}]:{HostPort}",
        { } address => $"{ProtocolName} {address}:{HostPort}",
    };
}
