using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>
/// A pair of veth devices (veth(4)). The peer is born in its own namespace, so nothing has to be moved or looked up twice.
/// The kernel cannot switch the peer on in the same message (ENOTCONN: the pair is not joined yet); give it its address
/// first and switch it on then, so that the address is announced.
/// </summary>
/// <param name="Name">The name of this end.</param>
/// <param name="PeerName">The name of the other end.</param>
public sealed record VethSpec(string Name, string PeerName) : LinkSpec(Name)
{
    /// <summary>The namespace the other end is made in; null for this end's.</summary>
    public NetNamespace? PeerNamespace { get; init; }

    /// <summary>The other end's MTU in bytes; null takes this end's.</summary>
    public int? PeerMtu { get; init; }

    /// <summary>The other end's Ethernet address; null for a random one.</summary>
    public MacAddress? PeerMac { get; init; }

    /// <summary>The other end's index; null lets the kernel choose. The kernel heeds it only where this end's index is given too.</summary>
    public int? PeerIndex { get; init; }

    internal override string Kind => "veth";

    internal override void EncodeData(ref NetlinkWriter writer)
    {
        // VETH_INFO_PEER begins with a struct ifinfomsg, so it is not marked as a nest (linux/veth.h).
        var peer = writer.BeginAttribute(IfLink.VETH_INFO_PEER);
        EncodeCommon(ref writer, PeerName, PeerIndex, up: false, PeerMtu ?? Mtu, PeerMac, PeerNamespace);
        writer.EndNested(peer);
    }
}
