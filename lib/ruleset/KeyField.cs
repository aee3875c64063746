namespace Podwire.Ruleset;

/// <summary>
/// One field of a set's key or data. With <paramref name="TypeOf"/> the set is declared by <c>typeof</c>: the expression is kept in the
/// kernel as userdata, and <c>nft</c> prints and parses elements by it. A type without a width (<see cref="NftType.Integer"/>) needs it.
/// </summary>
public sealed record KeyField(NftType Type, Expression? TypeOf = null)
{
    /// <summary>A type is a field declared by <c>type</c>.</summary>
    public static implicit operator KeyField(NftType type) => new(type);

    /// <summary>A field declared by <c>typeof</c>.</summary>
    public static KeyField Of(Expression expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        return new(expression.Type ?? throw new ArgumentException("a concatenation is given field by field", nameof(expression)), expression);
    }
}
