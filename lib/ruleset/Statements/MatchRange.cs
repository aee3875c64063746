namespace Podwire.Ruleset;

/// <summary>Goes on only if <paramref name="Left"/> lies between two values, themselves included (or outside them when negated).</summary>
public sealed record MatchRange(Expression Left, NftData From, NftData To, bool Negated = false) : Statement
{
    /// <summary><c>th dport 80-90</c>.</summary>
    public static MatchRange Ports(Expression left, ushort from, ushort to, bool negated = false) =>
        new(left, NftScalar.Port(from), NftScalar.Port(to), negated);
}
