namespace Podwire.Netlink.Route;

/// <summary>An IPv4-in-IPv4 tunnel to be made. EOPNOTSUPP: the kernel lacks the module ipip.</summary>
/// <param name="Name">The interface name.</param>
/// <param name="Attributes">Its settings.</param>
public sealed record IpipSpec(string Name, IpipAttributes Attributes) : LinkSpec(Name)
{
    internal override string Kind => IpipAttributes.Kind;

    internal override void EncodeData(ref NetlinkWriter writer) => Attributes.Encode(ref writer);
}
