using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>A network interface as the kernel describes it (RTM_NEWLINK, rtnetlink(7)).</summary>
public sealed record Link
{
    /// <summary>The interface index, unique within its network namespace.</summary>
    public required int Index { get; init; }

    /// <summary>The name, at most 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>The driver's name: veth, bridge, vxlan, ...; empty for hardware and loopback.</summary>
    public string Kind { get; init; } = string.Empty;

    /// <summary>IFF_* flags.</summary>
    public LinkFlags Flags { get; init; }

    /// <summary>The Ethernet address, if it has one.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>The largest packet in bytes, without the Ethernet header.</summary>
    public int Mtu { get; init; }

    /// <summary>The index of the bridge it is a port of, or 0.</summary>
    public int MasterIndex { get; init; }

    /// <summary>IFLA_LINK: a veth's peer, a vxlan's underlay; 0 if none. An index in <see cref="ParentNamespaceId"/> if that is set.</summary>
    public int ParentIndex { get; init; }

    /// <summary>IFLA_LINK_NETNSID: which other namespace <see cref="ParentIndex"/> is an index of; null for this one.</summary>
    public int? ParentNamespaceId { get; init; }

    /// <summary>The operational state.</summary>
    public OperState State { get; init; }

    /// <summary>The alias (ifalias), free text of at most 255 bytes, or null.</summary>
    public string? Alias { get; init; }

    /// <summary>How many users asked for promiscuous mode.</summary>
    public int Promiscuity { get; init; }

    /// <summary>The length of the transmit queue in packets.</summary>
    public int TxQueueLength { get; init; }

    /// <summary>A bridge's settings.</summary>
    public BridgeAttributes? Bridge { get; init; }

    /// <summary>A vxlan's settings.</summary>
    public VxlanAttributes? Vxlan { get; init; }

    /// <summary>An IPv4-in-IPv4 tunnel's settings.</summary>
    public IpipAttributes? Ipip { get; init; }

    /// <summary>The settings of a bridge's port.</summary>
    public BridgePort? Port { get; init; }

    /// <summary>A macvlan's mode.</summary>
    public MacvlanMode Macvlan { get; init; }

    /// <summary>True if it is switched on.</summary>
    public bool IsUp => (Flags & LinkFlags.Up) != 0;

    /// <summary>True if it has a carrier.</summary>
    public bool HasCarrier => (Flags & LinkFlags.LowerUp) != 0;

    /// <summary>Decodes RTM_NEWLINK or RTM_DELLINK; false for the AF_BRIDGE form, which describes a port only.</summary>
    /// <exception cref="NetlinkProtocolException">The message is malformed.</exception>
    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out Link link)
    {
        link = null;
        if (message.Type is not (RtNetlink.RTM_NEWLINK or RtNetlink.RTM_DELLINK))
        {
            return false;
        }

        var attributes = message.Attributes(IfInfoMsg.Length);
        var header = MemoryMarshal.Read<IfInfoMsg>(message.Payload);
        if (header.Family != RtNetlink.AF_UNSPEC)
        {
            return false;
        }

        var name = string.Empty;
        string? alias = null;
        MacAddress? mac = null;
        int mtu = 0, master = 0, parent = 0, promiscuity = 0, txQueueLength = 0;
        int? parentNamespace = null;
        var state = OperState.Unknown;
        var info = default(LinkInfo);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IfLink.IFLA_IFNAME:
                    name = attributes.String();
                    break;
                case IfLink.IFLA_ADDRESS:
                    mac = attributes.TryMac(out var address) ? address : null;
                    break;
                case IfLink.IFLA_MTU:
                    mtu = attributes.Int32();
                    break;
                case IfLink.IFLA_MASTER:
                    master = attributes.Int32();
                    break;
                case IfLink.IFLA_LINK:
                    parent = attributes.Int32();
                    break;
                case IfLink.IFLA_LINK_NETNSID:
                    parentNamespace = attributes.Int32();
                    break;
                case IfLink.IFLA_OPERSTATE:
                    state = (OperState)attributes.Byte();
                    break;
                case IfLink.IFLA_IFALIAS:
                    alias = attributes.String();
                    break;
                case IfLink.IFLA_PROMISCUITY:
                    promiscuity = attributes.Int32();
                    break;
                case IfLink.IFLA_TXQLEN:
                    txQueueLength = attributes.Int32();
                    break;
                case IfLink.IFLA_LINKINFO:
                    info = LinkInfo.Decode(attributes.Nested());
                    break;
            }
        }

        link = new Link
        {
            Index = header.Index,
            Name = name,
            Kind = info.Kind ?? string.Empty,
            Flags = (LinkFlags)header.Flags,
            Mac = mac,
            Mtu = mtu,
            MasterIndex = master,
            ParentIndex = parent,
            ParentNamespaceId = parentNamespace,
            State = state,
            Alias = alias,
            Promiscuity = promiscuity,
            TxQueueLength = txQueueLength,
            Bridge = info.Bridge,
            Vxlan = info.Vxlan,
            Ipip = info.Ipip,
            Port = info.Port,
            Macvlan = info.Macvlan,
        };
        return true;
    }

    /// <summary>RTM_GETLINK of one link by index, or by name where the index is 0.</summary>
    internal static void EncodeGet(ref NetlinkWriter writer, int index, string? name)
    {
        writer.BeginMessage(RtNetlink.RTM_GETLINK, NetlinkFlags.None);
        writer.Header(new IfInfoMsg { Index = index });
        if (name is not null)
        {
            writer.String(IfLink.IFLA_IFNAME, name);
        }

        writer.UInt32(IfLink.IFLA_EXT_MASK, IfLink.RTEXT_FILTER_SKIP_STATS);
        writer.EndMessage();
    }

    /// <summary>RTM_DELLINK by index, or by name where the index is 0.</summary>
    internal static void EncodeDelete(ref NetlinkWriter writer, int index, string? name)
    {
        writer.BeginMessage(RtNetlink.RTM_DELLINK, NetlinkFlags.None);
        writer.Header(new IfInfoMsg { Index = index });
        if (name is not null)
        {
            writer.String(IfLink.IFLA_IFNAME, name);
        }

        writer.EndMessage();
    }
}
