using System.Text;

namespace Podwire.Kube.Selectors;

/// <summary>
/// A field query: <c>metadata.name=web,spec.nodeName!=node1</c>. Every term must hold; a field that is not there is empty.
/// In values a backslash stands before a comma, an equals sign or a backslash.
/// </summary>
public sealed class FieldSelector
{
    private FieldSelector(IReadOnlyList<FieldRequirement> requirements) => Requirements = requirements;

    /// <summary>The terms.</summary>
    public IReadOnlyList<FieldRequirement> Requirements { get; }

    /// <summary>Reads the string form; empty matches everything.</summary>
    /// <exception cref="FormatException">It is malformed; the message names the fault.</exception>
    public static FieldSelector Parse(string text)
    {
        var terms = new List<FieldRequirement>();
        foreach (var term in Split(text))
        {
            if (term.Length > 0)
            {
                terms.Add(Term(term));
            }
        }

        return new FieldSelector(terms);
    }

    /// <summary>True if every term holds for what <paramref name="field"/> gives of a path (null where there is none).</summary>
    public bool Matches(Func<string, string?> field) =>
        Requirements.All(term => string.Equals(field(term.Path) ?? "", term.Value, StringComparison.Ordinal) != term.Negated);

    /// <summary>The string form.</summary>
    public override string ToString() => string.Join(',', Requirements);

    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static FieldRequirement Term(string term)
    {
        var equals = term.IndexOf('=');
        if (equals < 1)
        {
            throw new FormatException($"field selector '{term}' is not FIELD=VALUE, FIELD==VALUE or FIELD!=VALUE");
        }

        var negated = term[equals - 1] == '!';
        var path = term[..(negated ? equals - 1 : equals)];
        var value = term.AsSpan(equals + 1);
        if (!negated && value.StartsWith("="))
        {
            value = value[1..];
        }

        return path.Length > 0
            ? new FieldRequirement(path, Unescape(value, term), negated)
            : throw new FormatException($"field selector '{term}' names no field");
    }

    private static string Unescape(ReadOnlySpan<char> value, string term)
    {
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (c == '\\')
            {
                i++;
                if (i == value.Length || value[i] is not ('\\' or ',' or '='))
                {
                    throw new FormatException($"field selector '{term}': a backslash must stand before a comma, an equals sign or a backslash");
                }

                c = value[i];
            }
            else if (c == '=')
            {
                throw new FormatException($"field selector '{term}': an equals sign in a value needs a backslash");
            }

            text.Append(c);
        }

        return text.ToString();
    }
}
