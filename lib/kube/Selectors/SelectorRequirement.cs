using System.Globalization;

namespace Podwire.Kube.Selectors;

/// <summary>One term of a <see cref="Selector"/>.</summary>
/// <param name="Key">The label's key.</param>
/// <param name="Operator">What is asked.</param>
/// <param name="Values">The values; empty for Exists and DoesNotExist, one whole number for GreaterThan and LessThan.</param>
public sealed record SelectorRequirement(string Key, SelectorOperator Operator, IReadOnlyList<string> Values)
{
    /// <summary>True if the labels meet it.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        var there = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            SelectorOperator.In => there && Values.Contains(value!, StringComparer.Ordinal),
            SelectorOperator.NotIn => !there || !Values.Contains(value!, StringComparer.Ordinal),
            SelectorOperator.Exists => there,
            SelectorOperator.DoesNotExist => !there,
            SelectorOperator.GreaterThan => there && Compare(value!) > 0,
            _ => there && Compare(value!) < 0,
        };
    }

    /// <summary>The term as text.</summary>
    public override string ToString() => Operator switch
    {
        SelectorOperator.In when Values.Count == 1 => $"{Key}={Values[0]}",
        SelectorOperator.NotIn when Values.Count == 1 => $"{Key}!={Values[0]}",
        SelectorOperator.In => $"{Key} in ({string.Join(',', Values)})",
        SelectorOperator.NotIn => $"{Key} notin ({string.Join(',', Values)})",
        SelectorOperator.Exists => Key,
        SelectorOperator.DoesNotExist => $"!{Key}",
        SelectorOperator.GreaterThan => $"{Key}>{Values[0]}",
        _ => $"{Key}<{Values[0]}",
    };

    /// <summary>Sign of value minus bound; 0, which matches neither, where the value is no whole number.</summary>
    private int Compare(string value) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number.CompareTo(long.Parse(Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
            : 0;
}
