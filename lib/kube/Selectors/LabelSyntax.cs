namespace Podwire.Kube.Selectors;

/// <summary>
/// How label keys and values are spelt: a key is <c>[PREFIX/]NAME</c> with a DNS subdomain of at most 253 characters and a
/// name of at most 63; a value is empty or like a name. Names begin and end with a letter or digit and have
/// <c>-_.</c> between.
/// </summary>
public static class LabelSyntax
{
    /// <summary>True for a label or annotation key.</summary>
    public static bool IsKey(ReadOnlySpan<char> key)
    {
        var slash = key.IndexOf('/');
        return slash < 0 ? IsName(key) : IsSubdomain(key[..slash]) && IsName(key[(slash + 1)..]);
    }

    /// <summary>True for a label value.</summary>
    public static bool IsValue(ReadOnlySpan<char> value) => value.IsEmpty || IsName(value);

    /// <summary>True for a DNS subdomain (RFC 1123): lower-case labels joined by dots, at most 253 characters.</summary>
    public static bool IsSubdomain(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length > 253)
        {
            return false;
        }

        foreach (var range in text.Split('.'))
        {
            if (!IsDnsLabel(text[range], 253))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True for a DNS label (RFC 1123): lower-case letters, digits and inner hyphens, at most 63 characters.</summary>
    public static bool IsDnsLabel(ReadOnlySpan<char> text) => IsDnsLabel(text, 63);

    internal static string RequireKey(string key) => IsKey(key) ? key : throw new FormatException($"'{key}' is not a label key");

    internal static string RequireValue(string value) => IsValue(value) ? value : throw new FormatException($"'{value}' is not a label value");

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > 63 || !char.IsAsciiLetterOrDigit(name[0]) || !char.IsAsciiLetterOrDigit(name[^1]))
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDnsLabel(ReadOnlySpan<char> text, int longest)
    {
        if (text.IsEmpty || text.Length > longest || text[0] == '-' || text[^1] == '-')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}
