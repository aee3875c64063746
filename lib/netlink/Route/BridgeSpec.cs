namespace Podwire.Netlink.Route;

/// <summary>A bridge to be made.</summary>
/// <param name="Name">The interface name.</param>
public sealed record BridgeSpec(string Name) : LinkSpec(Name)
{
    /// <summary>Its settings.</summary>
    public BridgeAttributes Attributes { get; init; } = new();

    internal override string Kind => BridgeAttributes.Kind;

    internal override void EncodeData(ref NetlinkWriter writer) => Attributes.Encode(ref writer);
}
