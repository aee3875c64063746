namespace Podwire.Ruleset;

/// <summary>Translates the source to the address of the outgoing link.</summary>
public sealed record Masquerade(NatFlags Flags = NatFlags.None) : Statement
{
    /// <summary><c>masquerade fully-random</c>.</summary>
    public static Masquerade FullyRandom { get; } = new(NatFlags.FullyRandom);
}
