namespace Podwire.Ruleset;

/// <summary>Something that is read from a packet or its connection, or calculated from that: the left side of a match, a key, a NAT target.</summary>
public abstract record Expression
{
    /// <summary>The type of the value; null where it depends on something else (a concatenation, a map, a constant).</summary>
    public abstract NftType? Type { get; }
}
