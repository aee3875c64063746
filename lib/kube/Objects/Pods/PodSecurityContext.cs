namespace Podwire.Kube.Objects;

/// <summary>Security settings of all containers of a pod.</summary>
public sealed class PodSecurityContext : KubeValue
{
    /// <summary>User id of the processes.</summary>
    public long? RunAsUser { get; set; }

    /// <summary>Group id of the processes.</summary>
    public long? RunAsGroup { get; set; }

    /// <summary>True: refuse to run as user 0.</summary>
    public bool? RunAsNonRoot { get; set; }

    /// <summary>Further group ids.</summary>
    public List<long> SupplementalGroups { get => field ??= []; set; }

    /// <summary>Group that owns the volumes.</summary>
    public long? FsGroup { get; set; }

    /// <summary>Kernel settings of the pod's namespaces.</summary>
    public List<Sysctl> Sysctls { get => field ??= []; set; }
}
