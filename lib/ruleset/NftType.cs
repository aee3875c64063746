namespace Podwire.Ruleset;

/// <summary>
/// A data type of a set's key or value. The numbers and names are those of the <c>nft</c> program (its datatype.h), which keeps them
/// in the kernel so that it can print what it finds; the kernel itself looks at lengths only.
/// </summary>
public sealed record NftType
{
    private static readonly NftType[] Known =
    [
        Nfproto = new("nf_proto", 2, 1, NftTypeOrder.Host),
        Integer = new("integer", 4, 4, NftTypeOrder.Host),
        Ipv4Address = new("ipv4_addr", 7, 4, NftTypeOrder.Network),
        Ipv6Address = new("ipv6_addr", 8, 16, NftTypeOrder.Network),
        EtherAddress = new("ether_addr", 9, 6, NftTypeOrder.Network),
        EtherType = new("ether_type", 10, 2, NftTypeOrder.Network),
        InetProtocol = new("inet_proto", 12, 1, NftTypeOrder.Network),
        InetService = new("inet_service", 13, 2, NftTypeOrder.Network),
        IcmpType = new("icmp_type", 14, 1, NftTypeOrder.Network),
        Mark = new("mark", 19, 4, NftTypeOrder.Host),
        InterfaceIndex = new("iface_index", 20, 4, NftTypeOrder.Host),
        CtState = new("ct_state", 26, 4, NftTypeOrder.Host),
        CtDirection = new("ct_dir", 27, 1, NftTypeOrder.Host),
        CtStatus = new("ct_status", 28, 4, NftTypeOrder.Host),
        Icmpv6Type = new("icmpv6_type", 29, 1, NftTypeOrder.Network),
        PacketType = new("pkt_type", 31, 1, NftTypeOrder.Host),
        FibAddressType = new("fib_addrtype", 38, 4, NftTypeOrder.Host),
        InterfaceName = new("ifname", 41, 16, NftTypeOrder.Text),
    ];

    private NftType(string name, byte id, byte size, NftTypeOrder order)
    {
        Name = name;
        Id = id;
        Size = size;
        Order = order;
    }

    /// <summary>The name after <c>type</c>.</summary>
    public string Name { get; }

    /// <summary>The type's number, 6 bits wide: concatenations fold them as <c>a &lt;&lt; 6 | b</c>.</summary>
    public byte Id { get; }

    /// <summary>The length of a value in bytes. In a concatenation every field is padded to a multiple of 4.</summary>
    public byte Size { get; }

    /// <summary>How the bytes are ordered.</summary>
    public NftTypeOrder Order { get; }

    /// <summary><see cref="Size"/> rounded up to a whole register of 4 bytes.</summary>
    public int PaddedSize => (Size + 3) & ~3;

    /// <summary><c>meta nfproto</c>.</summary>
    public static NftType Nfproto { get; }

    /// <summary>A plain 32-bit number, such as that of numgen. Has no width of its own, so <c>nft</c> can print it only with <c>typeof</c>.</summary>
    public static NftType Integer { get; }

    /// <summary>An IPv4 address.</summary>
    public static NftType Ipv4Address { get; }

    /// <summary>An IPv6 address.</summary>
    public static NftType Ipv6Address { get; }

    /// <summary>A MAC address.</summary>
    public static NftType EtherAddress { get; }

    /// <summary>An EtherType.</summary>
    public static NftType EtherType { get; }

    /// <summary>A transport protocol's number.</summary>
    public static NftType InetProtocol { get; }

    /// <summary>A port.</summary>
    public static NftType InetService { get; }

    /// <summary>An ICMP type.</summary>
    public static NftType IcmpType { get; }

    /// <summary>A packet or connection mark.</summary>
    public static NftType Mark { get; }

    /// <summary>A link's index.</summary>
    public static NftType InterfaceIndex { get; }

    /// <summary>Bits of <see cref="Podwire.Ruleset.CtState"/>.</summary>
    public static NftType CtState { get; }

    /// <summary>Original or reply.</summary>
    public static NftType CtDirection { get; }

    /// <summary>Bits of <see cref="Podwire.Ruleset.CtStatus"/>.</summary>
    public static NftType CtStatus { get; }

    /// <summary>An ICMPv6 type.</summary>
    public static NftType Icmpv6Type { get; }

    /// <summary><c>meta pkttype</c>.</summary>
    public static NftType PacketType { get; }

    /// <summary>The result of <c>fib ... type</c> (RTN_*, linux/rtnetlink.h).</summary>
    public static NftType FibAddressType { get; }

    /// <summary>A link's name, 16 bytes, padded with zeros.</summary>
    public static NftType InterfaceName { get; }

    /// <summary>The address type of an IP family.</summary>
    public static NftType Address(Primitives.IpFamily family) => family == Primitives.IpFamily.V4 ? Ipv4Address : Ipv6Address;

    /// <summary>The type with this number; one of that number and size without a name if it is not known here.</summary>
    public static NftType ById(uint id, int size) => Array.Find(Known, t => t.Id == id) ?? new($"type{id}", (byte)id, (byte)size, NftTypeOrder.Network);

    /// <summary>The type with this name, or null.</summary>
    public static NftType? ByName(string name) => Array.Find(Known, t => t.Name == name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
