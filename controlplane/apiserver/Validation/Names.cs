using System.Text.RegularExpressions;

namespace Podwire.ApiServer.Validation;

/// <summary>The name, label and key grammars of Kubernetes (RFC 1123, RFC 1035, qualified names). Each returns null or what is wrong.</summary>
internal static partial class Names
{
    public static string? Check(NameRule rule, string name) => rule switch
    {
        NameRule.Subdomain => Subdomain(name),
        NameRule.Label => Label(name),
        NameRule.ServiceLabel => ServiceLabel(name),
        _ => name is "." or ".." ? $"may not be '{name}'" : name.IndexOfAny(['/', '%']) >= 0 ? "may not contain '/' or '%'" : null,
    };

    public static string? Subdomain(string name) => name.Length > 253
        ? "must be no more than 253 characters"
        : SubdomainPattern.IsMatch(name)
            ? null
            : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    public static string? Label(string name) => name.Length > 63
        ? "must be no more than 63 characters"
        : LabelPattern.IsMatch(name)
            ? null
            : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    public static string? ServiceLabel(string name) => name.Length > 63
        ? "must be no more than 63 characters"
        : ServicePattern.IsMatch(name)
            ? null
            : "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    /// <summary>A label key, annotation key or finalizer: an optional DNS prefix and a name.</summary>
    public static string? Qualified(string key)
    {
        var slash = key.IndexOf('/');
        var name = key[(slash + 1)..];
        if (slash == 0)
        {
            return "prefix part must be non-empty";
        }

        if (slash > 0 && Subdomain(key[..slash]) is { } wrong)
        {
            return $"prefix part {wrong}";
        }

        return name.Length switch
        {
            0 => "name part must be non-empty",
            > 63 => "name part must be no more than 63 characters",
            _ => QualifiedPattern.IsMatch(name)
                ? null
                : "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        };
    }

    public static string? LabelValue(string value) => value.Length > 63
        ? "must be no more than 63 characters"
        : value.Length == 0 || QualifiedPattern.IsMatch(value)
            ? null
            : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    /// <summary>A key of a ConfigMap or Secret.</summary>
    public static string? ConfigKey(string key) => key.Length switch
    {
        0 or > 253 => "must be no more than 253 characters and not empty",
        _ when key is "." or ".." || key.StartsWith("..", StringComparison.Ordinal) => $"must not be '{key}'",
        _ => ConfigKeyPattern.IsMatch(key)
            ? null
            : "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    };

    /// <summary>The name of a port: at most 15 of lower case letters, digits and single hyphens, with a letter (IANA service name, RFC 6335 section 5.1).</summary>
    public static string? PortName(string name)
    {
        if (name.Length is 0 or > 15)
        {
            return "must be no more than 15 characters";
        }

        if (name.Any(letter => letter is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-')))
        {
            return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        }

        if (!name.Any(char.IsAsciiLetterLower))
        {
            return "must contain at least one letter (a-z)";
        }

        return name.Contains("--", StringComparison.Ordinal)
            ? "must not contain consecutive hyphens"
            : name[0] == '-' || name[^1] == '-' ? "must not begin or end with a hyphen" : null;
    }

    public static string? EnvironmentName(string name) => name.Length > 0 && name is not ("." or "..") && name.All(letter => letter is > ' ' and <= '~' and not '=')
        ? null
        : "a valid environment variable name must consist only of printable ASCII characters other than '='";

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex SubdomainPattern { get; }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex LabelPattern { get; }

    [GeneratedRegex(@"\A[a-z]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex ServicePattern { get; }

    [GeneratedRegex(@"\A([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex QualifiedPattern { get; }

    [GeneratedRegex(@"\A[-._a-zA-Z0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex ConfigKeyPattern { get; }
}
