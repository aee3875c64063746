namespace Podwire.Netlink.Route;

/// <summary>A dummy link to be made: it carries addresses and throws away what is sent through it (drivers/net/dummy.c). Not in every kernel.</summary>
/// <param name="Name">The interface name.</param>
public sealed record DummySpec(string Name) : LinkSpec(Name)
{
    /// <summary>The kind as the kernel names it.</summary>
    public const string KindName = "dummy";

    internal override string Kind => KindName;

    internal override void EncodeData(ref NetlinkWriter writer)
    {
    }
}
