using Podwire.Kube.Objects;
using Podwire.Kube.Selectors;

namespace Podwire.NetPolicy.State;

/// <summary>A label selector with a text that is the same for selectors that mean the same, and a label by which it can be found in an index.</summary>
internal sealed class LabelQuery : IEquatable<LabelQuery>
{
    private readonly Selector selector;
    private readonly bool isLabel;

    private LabelQuery(Selector selector)
    {
        this.selector = selector;
        Text = string.Join(',', selector.Requirements.Select(Canonical).Order(StringComparer.Ordinal).Distinct());
        foreach (var requirement in selector.Requirements)
        {
            if (requirement is { Operator: SelectorOperator.In, Values: [var value] })
            {
                Label = new(requirement.Key, value);
                isLabel = selector.Requirements.Count == 1;
                break;
            }
        }
    }

    /// <summary>Matches everything.</summary>
    public static LabelQuery Everything { get; } = new(Selector.Everything);

    /// <summary>Equal for equal selectors, whatever the order of their terms.</summary>
    public string Text { get; }

    /// <summary>A label that everything it matches has; null if there is none.</summary>
    public KeyValuePair<string, string>? Label { get; }

    /// <summary>Reads a selector.</summary>
    /// <exception cref="FormatException">An operator is unknown or has the wrong number of values, or a key or value is not one of a label.</exception>
    public static LabelQuery Read(LabelSelector selector)
    {
        foreach (var (key, value) in selector.MatchLabels)
        {
            Check(key, [value]);
        }

        foreach (var expression in selector.MatchExpressions)
        {
            Check(expression.Key, expression.Values);
        }

        return new(Selector.From(selector));
    }

    /// <summary>Reads the string form, such as <c>app=web,tier!=db</c>.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    public static LabelQuery Parse(string text) => new(Selector.Parse(text));

    /// <summary>True if the labels match.</summary>
    public bool Matches(LabelSet labels)
    {
        if (!isLabel)
        {
            return selector.Matches(labels);
        }

        // What nearly all selectors are, asked of every pod.
        var (key, value) = Label!.Value;
        foreach (var pair in labels.Pairs)
        {
            if (pair.Key == key)
            {
                return pair.Value == value;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(LabelQuery? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelQuery);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string Canonical(SelectorRequirement requirement) => (requirement with { Values = [.. requirement.Values.Order(StringComparer.Ordinal).Distinct()] }).ToString();

    private static void Check(string key, List<string> values)
    {
        if (!LabelSyntax.IsKey(key))
        {
            throw new FormatException($"'{key}' is not a label key");
        }

        foreach (var value in values)
        {
            if (!LabelSyntax.IsValue(value))
            {
                throw new FormatException($"'{value}' is not a label value");
            }
        }
    }
}
