using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Changes to a link, all in one message; null leaves a property as it is (RTM_NEWLINK without NLM_F_CREATE).</summary>
public sealed record LinkChange
{
    /// <summary>Switch it on or off.</summary>
    public bool? Up { get; init; }

    /// <summary>A new name. Only for a link that is given by its index.</summary>
    public string? Name { get; init; }

    /// <summary>The MTU in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>The Ethernet address.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>The index of the bridge it becomes a port of; 0 takes it out.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>The alias, at most 255 bytes; empty removes it.</summary>
    public string? Alias { get; init; }

    /// <summary>The namespace it moves to.</summary>
    public NetNamespace? Namespace { get; init; }

    /// <summary>Promiscuous mode.</summary>
    public bool? Promiscuous { get; init; }

    /// <summary>Multicast frames of every group are taken.</summary>
    public bool? AllMulticast { get; init; }

    /// <summary>The length of the transmit queue in packets.</summary>
    public int? TxQueueLength { get; init; }

    /// <summary>Settings as a port of the bridge it belongs to already.</summary>
    public BridgePort? Port { get; init; }

    /// <summary>Settings of a bridge.</summary>
    public BridgeAttributes? Bridge { get; init; }

    internal void Encode(ref NetlinkWriter writer, int index, string? byName)
    {
        if (byName is not null && Name is not null)
        {
            throw new ArgumentException("a link given by its name cannot be renamed in the same message");
        }

        writer.BeginMessage(RtNetlink.RTM_NEWLINK, NetlinkFlags.None);
        var header = new IfInfoMsg { Index = index };
        Flag(ref header, LinkFlags.Up, Up);
        Flag(ref header, LinkFlags.Promiscuous, Promiscuous);
        Flag(ref header, LinkFlags.AllMulticast, AllMulticast);
        writer.Header(header);
        if ((byName ?? Name) is { } name)
        {
            writer.String(IfLink.IFLA_IFNAME, name);
        }

        if (Mtu is { } mtu)
        {
            writer.Int32(IfLink.IFLA_MTU, mtu);
        }

        if (Mac is { } mac)
        {
            writer.Mac(IfLink.IFLA_ADDRESS, mac);
        }

        if (MasterIndex is { } master)
        {
            writer.Int32(IfLink.IFLA_MASTER, master);
        }

        if (TxQueueLength is { } length)
        {
            writer.Int32(IfLink.IFLA_TXQLEN, length);
        }

        if (Alias is not null)
        {
            writer.String(IfLink.IFLA_IFALIAS, Alias);
        }

        if (Namespace is not null)
        {
            writer.Int32(IfLink.IFLA_NET_NS_FD, (int)Namespace.Descriptor.DangerousGetHandle());
        }

        EncodeInfo(ref writer);
        writer.EndMessage();
    }

    private static void Flag(ref IfInfoMsg header, LinkFlags flag, bool? value)
    {
        if (value is { } set)
        {
            header.Change |= (uint)flag;
            header.Flags |= set ? (uint)flag : 0;
        }
    }

    private void EncodeInfo(ref NetlinkWriter writer)
    {
        if (Port is null && Bridge is null)
        {
            return;
        }

        var info = writer.BeginNested(IfLink.IFLA_LINKINFO);
        if (Bridge is not null)
        {
            writer.String(IfLink.IFLA_INFO_KIND, BridgeAttributes.Kind);
            var data = writer.BeginNested(IfLink.IFLA_INFO_DATA);
            Bridge.Encode(ref writer);
            writer.EndNested(data);
        }

        if (Port is not null)
        {
            writer.String(IfLink.IFLA_INFO_SLAVE_KIND, BridgeAttributes.Kind);
            var data = writer.BeginNested(IfLink.IFLA_INFO_SLAVE_DATA);
            Port.Encode(ref writer);
            writer.EndNested(data);
        }

        writer.EndNested(info);
    }
}
