namespace Podwire.Kube.Objects;

/// <summary>Resolver settings of a pod.</summary>
public sealed class PodDnsConfig : KubeValue
{
    /// <summary>Addresses of servers.</summary>
    public List<string> Nameservers { get => field ??= []; set; }

    /// <summary>Search domains.</summary>
    public List<string> Searches { get => field ??= []; set; }

    /// <summary>Resolver options.</summary>
    public List<PodDnsConfigOption> Options { get => field ??= []; set; }
}
