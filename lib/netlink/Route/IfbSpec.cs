namespace Podwire.Netlink.Route;

/// <summary>An intermediate functional block to be made: an interface that packets are redirected to in order to be queued (drivers/net/ifb.c).</summary>
/// <param name="Name">The interface name.</param>
public sealed record IfbSpec(string Name) : LinkSpec(Name)
{
    /// <summary>The kind as the kernel names it.</summary>
    public const string KindName = "ifb";

    internal override string Kind => KindName;

    internal override void EncodeData(ref NetlinkWriter writer)
    {
    }
}
