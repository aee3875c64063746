using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>
/// A pair of veth devices (veth(4)). The peer is born in its own namespace, so nothing has to be moved or looked up twice.
/// </summary>
/// <param name="Name">The name of this end.</param>
/// <param name="PeerName">The name of the other end.</param>
public sealed record VethSpec(string Name, string PeerName) : LinkSpec(Name)
{
    /// <summary>The namespace the other end is made in; null for this end's.</summary>
    public NetNamespace? PeerNamespace { get; init; }

    /// <summary>Switch the other end on in the same message. Leave it false to give it an address first, which is then announced.</summary>
    public bool PeerUp { get; init; }

    /// <summary>The other end's MTU in bytes; null takes this end's.</summary>
    public int? PeerMtu { get; init; }

    /// <summary>The other end's Ethernet address; null for a random one.</summary>
    public MacAddress? PeerMac { get; init; }

    /// <summary>The other end's index; null lets the kernel choose.</summary>
    public int? PeerIndex { get; init; }

    internal override string Kind => "veth";

    internal override void EncodeData(ref NetlinkWriter writer)
    {
        // VETH_INFO_PEER begins with a struct ifinfomsg, so it is not marked as a nest (linux/veth.h).
        var peer = writer.BeginAttribute(IfLink.VETH_INFO_PEER);
        EncodeCommon(ref writer, PeerName, PeerIndex, PeerUp, PeerMtu ?? Mtu, PeerMac, PeerNamespace);
        writer.EndNested(peer);
    }
}
