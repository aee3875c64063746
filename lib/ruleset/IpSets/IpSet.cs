namespace Podwire.Ruleset.IpSets;

/// <summary>A set with its entries.</summary>
/// <param name="Spec">Name and type.</param>
/// <param name="Entries">The entries, each once, in no order.</param>
public sealed record IpSet(IpSetSpec Spec, ValueList<IpSetEntry> Entries)
{
    /// <summary>How many rules, or sets of sets, use it: one in use cannot be destroyed. Read from the kernel.</summary>
    public uint References { get; init; }
}
