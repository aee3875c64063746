using Podwire.Primitives;

namespace Podwire.Ruleset.IpSets;

/// <summary>A set without its entries.</summary>
/// <param name="Name">Its name, 1 to 31 bytes; one name space for both families.</param>
/// <param name="Type">What an entry holds.</param>
/// <param name="Family">The family of its addresses; of no meaning for bitmaps of ports.</param>
public sealed record IpSetSpec(string Name, IpSetType Type, IpFamily Family = IpFamily.V4)
{
    /// <summary>The longest name in bytes (IPSET_MAXNAMELEN - 1, linux/netfilter/ipset/ip_set.h).</summary>
    public const int MaxNameLength = 31;

    /// <summary>How many entries a hash may have; the kernel's default is 65,536. Costs nothing until used.</summary>
    public uint MaxElements { get; init; } = 1_048_576;

    /// <summary>For error texts.</summary>
    public override string ToString() => $"{Name} ({Type.Name()})";
}
