namespace Podwire.Ruleset;

/// <summary>Counts packets and bytes. What was counted is not part of equality: a rule read back is the rule that was written.</summary>
public sealed record Counter(ulong Packets = 0, ulong Bytes = 0) : Statement
{
    /// <summary>Any two counters are equal.</summary>
    public bool Equals(Counter? other) => other is not null;

    /// <inheritdoc/>
    public override int GetHashCode() => 1;
}
