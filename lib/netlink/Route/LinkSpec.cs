using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>A link to be made (RTM_NEWLINK with NLM_F_CREATE | NLM_F_EXCL).</summary>
/// <param name="Name">The interface name, at most 15 bytes.</param>
public abstract record LinkSpec(string Name)
{
    /// <summary>Switch it on in the same message.</summary>
    public bool Up { get; init; }

    /// <summary>The MTU in bytes; null for the kernel's.</summary>
    public int? Mtu { get; init; }

    /// <summary>The Ethernet address; null for a random one.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>The index of the bridge it becomes a port of, in the same message.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>The namespace it is made in; null for the socket's.</summary>
    public NetNamespace? Namespace { get; init; }

    /// <summary>The interface index it shall have; null lets the kernel choose.</summary>
    public int? Index { get; init; }

    /// <summary>The driver's name.</summary>
    internal abstract string Kind { get; }

    /// <summary>IFLA_LINK: the interface below, where the kind is given it beside its data.</summary>
    internal virtual int? LowerIndex => null;

    /// <summary>The kind and the name, for error texts.</summary>
    public sealed override string ToString() => $"{Kind} {Name}";

    internal abstract void EncodeData(ref NetlinkWriter writer);

    internal void Encode(ref NetlinkWriter writer)
    {
        writer.BeginMessage(RtNetlink.RTM_NEWLINK, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        EncodeCommon(ref writer, Name, Index, Up, Mtu, Mac, Namespace);
        if (LowerIndex is { } lower)
        {
            writer.Int32(IfLink.IFLA_LINK, lower);
        }

        if (MasterIndex is { } master)
        {
            writer.Int32(IfLink.IFLA_MASTER, master);
        }

        var info = writer.BeginNested(IfLink.IFLA_LINKINFO);
        writer.String(IfLink.IFLA_INFO_KIND, Kind);
        var data = writer.BeginNested(IfLink.IFLA_INFO_DATA);
        EncodeData(ref writer);
        writer.EndNested(data);
        writer.EndNested(info);
        writer.EndMessage();
    }

    /// <summary>What both ends of a veth have in common: <c>struct ifinfomsg</c> and the plain attributes.</summary>
    private protected static void EncodeCommon(ref NetlinkWriter writer, string name, int? index, bool up, int? mtu, MacAddress? mac, NetNamespace? target)
    {
        writer.Header(new IfInfoMsg
        {
            Index = index ?? 0,
            Flags = up ? (uint)LinkFlags.Up : 0,
            Change = up ? (uint)LinkFlags.Up : 0,
        });
        writer.String(IfLink.IFLA_IFNAME, name);
        if (mtu is { } bytes)
        {
            writer.Int32(IfLink.IFLA_MTU, bytes);
        }

        if (mac is { } address)
        {
            writer.Mac(IfLink.IFLA_ADDRESS, address);
        }

        if (target is not null)
        {
            // The caller keeps the namespace open until the message is sent: the spec that holds it is the request's subject.
            writer.Int32(IfLink.IFLA_NET_NS_FD, (int)target.Descriptor.DangerousGetHandle());
        }
    }
}
