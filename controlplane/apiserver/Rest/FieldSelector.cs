using System.Text;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Rest;

/// <summary>A field selector: <c>metadata.name=a,spec.nodeName!=b</c> over the fields that the resource makes selectable.</summary>
internal sealed class FieldSelector
{
    private readonly List<(string Field, string Value, bool IsEqual)> terms = [];

    public bool IsEmpty => terms.Count == 0;

    /// <summary>The name that is asked for, if the selector asks for just one.</summary>
    public string? Name => terms.Find(term => term is { Field: "metadata.name", IsEqual: true }).Value;

    /// <exception cref="ApiException">400: malformed, or a field that cannot be selected by.</exception>
    public static FieldSelector Parse(string? text, ApiResource resource)
    {
        var selector = new FieldSelector();
        foreach (var term in Split(text ?? string.Empty))
        {
            var at = FindOperator(term);
            if (at < 0)
            {
                throw ApiErrors.BadRequest($"invalid selector: '{text}'; can't understand '{term}'");
            }

            var isEqual = term[at] == '=';
            var field = term[..at].Trim();
            var value = term[(at + (term.Length > at + 1 && term[at + 1] == '=' ? 2 : 1))..];
            if (field is not "metadata.name" && !(field == "metadata.namespace" && resource.IsNamespaced) && !resource.SelectableFields.Contains(field))
            {
                throw ApiErrors.BadRequest($"field label not supported: {field}");
            }

            selector.terms.Add((field, Unescape(value), isEqual));
        }

        return selector;
    }

    public bool Matches(StoredObject item)
    {
        foreach (var (field, value, isEqual) in terms)
        {
            var actual = field switch
            {
                "metadata.name" => item.Name,
                "metadata.namespace" => item.Namespace,
                _ => Value(item, field),
            };
            if (actual == value != isEqual)
            {
                return false;
            }
        }

        return true;
    }

    private static string Value(StoredObject item, string field)
    {
        var fields = item.Resource.SelectableFields;
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i] == field)
            {
                return item.Fields[i];
            }
        }

        return string.Empty;
    }

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
                if (i > start)
                {
                    yield return text[start..i];
                }

                start = i + 1;
            }
        }

        if (start < text.Length)
        {
            yield return text[start..];
        }
    }

    private static int FindOperator(string term)
    {
        for (var i = 0; i < term.Length; i++)
        {
            if (term[i] == '\\')
            {
                i++;
            }
            else if (term[i] == '=' || (term[i] == '!' && i + 1 < term.Length && term[i + 1] == '='))
            {
                return i;
            }
        }

        return -1;
    }

    private static string Unescape(string value)
    {
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length)
            {
                i++;
            }

            text.Append(value[i]);
        }

        return text.ToString();
    }
}
