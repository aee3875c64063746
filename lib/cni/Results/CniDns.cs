namespace Podwire.Cni;

/// <summary>The DNS settings of a configuration or a result.</summary>
public sealed record CniDns
{
    /// <summary>No settings.</summary>
    public static CniDns None { get; } = new();

    /// <summary>Addresses of name servers, best first.</summary>
    public IReadOnlyList<string> Nameservers { get; init; } = [];

    /// <summary>The local domain; empty for none.</summary>
    public string Domain { get; init; } = string.Empty;

    /// <summary>Search domains, best first.</summary>
    public IReadOnlyList<string> Search { get; init; } = [];

    /// <summary>Resolver options.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>True if nothing is set.</summary>
    public bool IsEmpty => Nameservers.Count == 0 && Domain.Length == 0 && Search.Count == 0 && Options.Count == 0;
}
