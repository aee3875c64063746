namespace Podwire.Kube.Selectors;

/// <summary>One term of a <see cref="FieldSelector"/>.</summary>
/// <param name="Path">The field, such as <c>metadata.name</c>.</param>
/// <param name="Value">The value.</param>
/// <param name="Negated">True for «is not».</param>
public sealed record FieldRequirement(string Path, string Value, bool Negated)
{
    /// <summary>The term as text.</summary>
    public override string ToString()
    {
        var value = Value.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace(",", "\\,", StringComparison.Ordinal)
            .Replace("=", "\\=", StringComparison.Ordinal);
        return $"{Path}{(Negated ? "!=" : "=")}{value}";
    }
}
