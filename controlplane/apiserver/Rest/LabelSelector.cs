using System.Globalization;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Rest;

/// <summary>A label selector as in <c>kubectl -l</c>: <c>a=b, a!=b, a in (b,c), a notin (b), a, !a, a>1, a&lt;1</c>.</summary>
internal sealed class LabelSelector
{
    private readonly List<Requirement> requirements = [];

    private enum Operator
    {
        In,
        NotIn,
        Exists,
        DoesNotExist,
        GreaterThan,
        LessThan,
    }

    public bool IsEmpty => requirements.Count == 0;

    /// <exception cref="ApiException">400: the text is not a selector.</exception>
    public static LabelSelector Parse(string? text)
    {
        var selector = new LabelSelector();
        foreach (var term in Split(text ?? string.Empty))
        {
            selector.requirements.Add(Term(term.Trim(), text!));
        }

        return selector;
    }

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var requirement in requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Commas outside parentheses separate the terms.</summary>
    private static IEnumerable<string> Split(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            yield break;
        }

        var (start, depth) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] == ',' && depth == 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static Requirement Term(string term, string all)
    {
        if (term.StartsWith('!'))
        {
            return Make(term[1..].Trim(), Operator.DoesNotExist, [], all);
        }

        foreach (var (sign, kind) in new[] { ("!=", Operator.NotIn), ("==", Operator.In), ("=", Operator.In), (">", Operator.GreaterThan), ("<", Operator.LessThan) })
        {
            var at = term.IndexOf(sign, StringComparison.Ordinal);
            if (at >= 0 && !term.Contains('('))
            {
                return Make(term[..at].Trim(), kind, [term[(at + sign.Length)..].Trim()], all);
            }
        }

        var open = term.IndexOf('(');
        if (open < 0)
        {
            return Make(term, Operator.Exists, [], all);
        }

        var words = term[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var key, "in" or "notin"] || !term.EndsWith(')'))
        {
            throw Bad(all, $"'{term}' is neither 'key in (values)' nor 'key notin (values)'");
        }

        return Make(key, words[1] == "in" ? Operator.In : Operator.NotIn, [.. term[(open + 1)..^1].Split(',').Select(value => value.Trim())], all);
    }

    private static Requirement Make(string key, Operator kind, string[] values, string all)
    {
        if (Names.Qualified(key) is { } wrongKey)
        {
            throw Bad(all, $"key '{key}': {wrongKey}");
        }

        foreach (var value in values)
        {
            if (Names.LabelValue(value) is { } wrongValue)
            {
                throw Bad(all, $"value '{value}': {wrongValue}");
            }
        }

        var bound = 0L;
        if (kind is Operator.GreaterThan or Operator.LessThan && !long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out bound))
        {
            throw Bad(all, $"'{values[0]}' must be an integer");
        }

        return new(key, kind, values, bound);
    }

    private static ApiException Bad(string text, string why) => ApiErrors.BadRequest($"unable to parse requirement: {why} (in label selector \"{text}\")");

    private sealed record Requirement(string Key, Operator Kind, string[] Values, long Bound)
    {
        public bool Matches(IReadOnlyDictionary<string, string> labels)
        {
            var has = labels.TryGetValue(Key, out var value);
            return Kind switch
            {
                Operator.Exists => has,
                Operator.DoesNotExist => !has,
                Operator.In => has && Values.Contains(value),
                Operator.NotIn => !has || !Values.Contains(value),
                Operator.GreaterThan => has && long.TryParse(value, CultureInfo.InvariantCulture, out var number) && number > Bound,
                _ => has && long.TryParse(value, CultureInfo.InvariantCulture, out var number) && number < Bound,
            };
        }
    }
}
