namespace Podwire.NetPolicy.Domains;

/// <summary>Domain names with a wildcard, as policy.networking.k8s.io/v1alpha2 has them: <c>*.example.com</c> is every name of one label or more in front of <c>.example.com</c>.</summary>
internal static class DomainWildcard
{
    private const string Prefix = "*.";

    /// <summary>True for a name with a wildcard.</summary>
    public static bool Is(string domain) => domain.StartsWith('*');

    /// <summary>True for a wildcard that can be served: <c>*.</c> and a name.</summary>
    public static bool IsValid(string domain) => domain.StartsWith(Prefix, StringComparison.Ordinal) && DnsName.IsValid(domain[Prefix.Length..]) && !domain[Prefix.Length..].Contains('*', StringComparison.Ordinal);

    /// <summary>Every wildcard that a name may be behind, from the narrowest to the widest: as many as the name has dots.</summary>
    /// <param name="name">In lower case and without a dot at the end.</param>
    public static IEnumerable<string> Around(string name)
    {
        for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0 && dot + 1 < name.Length; dot = name.IndexOf('.', dot + 1))
        {
            yield return "*" + name[dot..];
        }
    }
}
