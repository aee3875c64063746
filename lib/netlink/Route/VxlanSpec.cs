namespace Podwire.Netlink.Route;

/// <summary>A VXLAN device to be made.</summary>
/// <param name="Name">The interface name.</param>
/// <param name="Attributes">Its settings.</param>
public sealed record VxlanSpec(string Name, VxlanAttributes Attributes) : LinkSpec(Name)
{
    internal override string Kind => VxlanAttributes.Kind;

    internal override void EncodeData(ref NetlinkWriter writer) => Attributes.Encode(ref writer);
}
