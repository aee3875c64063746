using System.Diagnostics.CodeAnalysis;
using Podwire.Kube.Objects;

namespace Podwire.Kube.Selectors;

/// <summary>
/// A label query: every term must hold. Read from the string form (<c>app=web,tier!=db,env in (a,b),!old,size&gt;3</c>)
/// or from an object's <see cref="LabelSelector"/>.
/// </summary>
public sealed class Selector
{
    private readonly bool nothing;

    private Selector(IReadOnlyList<SelectorRequirement> requirements, bool nothing = false)
    {
        Requirements = requirements;
        this.nothing = nothing;
    }

    /// <summary>Matches every object.</summary>
    public static Selector Everything { get; } = new([]);

    /// <summary>Matches no object.</summary>
    public static Selector Nothing { get; } = new([], nothing: true);

    /// <summary>The terms.</summary>
    public IReadOnlyList<SelectorRequirement> Requirements { get; }

    /// <summary>True if it has no term and matches everything.</summary>
    public bool IsEverything => !nothing && Requirements.Count == 0;

    /// <summary>Reads the string form; empty matches everything.</summary>
    /// <exception cref="FormatException">It is malformed; the message names the fault.</exception>
    public static Selector Parse(string text) => new(new SelectorParser(text).Parse());

    /// <summary>Reads the string form; false if it is malformed.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Selector? selector)
    {
        try
        {
            selector = Parse(text);
            return true;
        }
        catch (FormatException)
        {
            selector = null;
            return false;
        }
    }

    /// <summary>What an object's selector means. Null matches nothing, an empty one everything.</summary>
    /// <exception cref="FormatException">An operator is unknown or has the wrong number of values.</exception>
    public static Selector From(LabelSelector? selector)
    {
        if (selector is null)
        {
            return Nothing;
        }

        var terms = selector.MatchLabels.Select(label => new SelectorRequirement(label.Key, SelectorOperator.In, [label.Value])).ToList();
        foreach (var expression in selector.MatchExpressions)
        {
            var op = expression.Operator switch
            {
                "In" => SelectorOperator.In,
                "NotIn" => SelectorOperator.NotIn,
                "Exists" => SelectorOperator.Exists,
                "DoesNotExist" => SelectorOperator.DoesNotExist,
                _ => throw new FormatException($"'{expression.Operator}' is not a selector operator"),
            };
            if (op is SelectorOperator.In or SelectorOperator.NotIn != expression.Values.Count > 0)
            {
                throw new FormatException($"operator {expression.Operator} of '{expression.Key}' {(expression.Values.Count > 0 ? "takes no values" : "needs values")}");
            }

            terms.Add(new SelectorRequirement(expression.Key, op, expression.Values));
        }

        return new Selector(terms);
    }

    /// <summary>Matches objects that have all of these labels; no label matches everything.</summary>
    public static Selector FromLabels(IReadOnlyDictionary<string, string> labels) =>
        new([.. labels.Select(label => new SelectorRequirement(label.Key, SelectorOperator.In, [label.Value]))]);

    /// <summary>True if every term holds.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        if (nothing)
        {
            return false;
        }

        foreach (var requirement in Requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True if every term holds for the object's labels.</summary>
    public bool Matches(IKubeObject value) => Matches(value.Metadata.Labels);

    /// <summary>The string form.</summary>
    public override string ToString() => string.Join(',', Requirements);
}
