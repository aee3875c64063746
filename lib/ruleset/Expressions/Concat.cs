namespace Podwire.Ruleset;

/// <summary>Several values side by side, as a key or an input: <c>ip daddr . meta l4proto . th dport</c>.</summary>
public sealed record Concat(ValueList<Expression> Parts) : Expression
{
    /// <summary>A concatenation of these.</summary>
    public static Concat Of(params ReadOnlySpan<Expression> parts) => new(ValueList.Create(parts));

    /// <inheritdoc/>
    public override NftType? Type => null;
}
