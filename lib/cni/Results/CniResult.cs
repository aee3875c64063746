namespace Podwire.Cni;

/// <summary>
/// What an ADD answers, in the newest shape; <see cref="CniResultWriter"/> writes it in any version's shape and
/// <see cref="CniResultReader"/> reads every one.
/// </summary>
public sealed record CniResult
{
    /// <summary>Nothing.</summary>
    public static CniResult Empty { get; } = new();

    /// <summary>Interfaces, the host's side first as the reference lists them.</summary>
    public IReadOnlyList<CniInterface> Interfaces { get; init; } = [];

    /// <summary>Addresses.</summary>
    public IReadOnlyList<CniIp> Ips { get; init; } = [];

    /// <summary>Routes in the container.</summary>
    public IReadOnlyList<CniRoute> Routes { get; init; } = [];

    /// <summary>DNS settings.</summary>
    public CniDns Dns { get; init; } = CniDns.None;
}
