namespace Podwire.Kube.Objects;

/// <summary>What a pod is to be.</summary>
public sealed class PodSpec : KubeValue
{
    /// <summary>The containers; at least one.</summary>
    public List<Container> Containers { get => field ??= []; set; }

    /// <summary>Run one after the other to completion first; those with restartPolicy Always stay (sidecars).</summary>
    public List<Container> InitContainers { get => field ??= []; set; }

    /// <summary>The node it is bound to; null until scheduled.</summary>
    public string? NodeName { get; set; }

    /// <summary>Labels the node must have.</summary>
    public Dictionary<string, string> NodeSelector { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>Finer demands on the node and on neighbours.</summary>
    public Affinity? Affinity { get; set; }

    /// <summary>Taints this pod bears.</summary>
    public List<Toleration> Tolerations { get => field ??= []; set; }

    /// <summary>How its like are to be spread.</summary>
    public List<TopologySpreadConstraint> TopologySpreadConstraints { get => field ??= []; set; }

    /// <summary><c>Always</c> (default), <c>OnFailure</c> or <c>Never</c>.</summary>
    public string? RestartPolicy { get; set; }

    /// <summary>Seconds between the request to end and the kill; default 30.</summary>
    public long? TerminationGracePeriodSeconds { get; set; }

    /// <summary>Seconds after which the pod is failed.</summary>
    public long? ActiveDeadlineSeconds { get; set; }

    /// <summary>True: the node's network namespace.</summary>
    public bool? HostNetwork { get; set; }

    /// <summary>True: the node's process namespace.</summary>
    public bool? HostPID { get; set; }

    /// <summary>True: the node's IPC namespace.</summary>
    public bool? HostIPC { get; set; }

    /// <summary>True: one process namespace for all containers.</summary>
    public bool? ShareProcessNamespace { get; set; }

    /// <summary><c>ClusterFirst</c> (default), <c>ClusterFirstWithHostNet</c>, <c>Default</c> or <c>None</c>.</summary>
    public string? DnsPolicy { get; set; }

    /// <summary>Additions to the resolver's configuration.</summary>
    public PodDnsConfig? DnsConfig { get; set; }

    /// <summary>The host name; default the pod's name.</summary>
    public string? Hostname { get; set; }

    /// <summary>Makes the full name hostname.subdomain.namespace.svc.DOMAIN.</summary>
    public string? Subdomain { get; set; }

    /// <summary>Additional lines of /etc/hosts.</summary>
    public List<HostAlias> HostAliases { get => field ??= []; set; }

    /// <summary>What containers may mount.</summary>
    public List<Volume> Volumes { get => field ??= []; set; }

    /// <summary>Higher is placed first.</summary>
    public int? Priority { get; set; }

    /// <summary>Where <see cref="Priority"/> comes from.</summary>
    public string? PriorityClassName { get; set; }

    /// <summary>Who places the pod; <c>default-scheduler</c> if not said.</summary>
    public string? SchedulerName { get; set; }

    /// <summary>Who the pod is towards the API.</summary>
    public string? ServiceAccountName { get; set; }

    /// <summary>False: no token is mounted.</summary>
    public bool? AutomountServiceAccountToken { get; set; }

    /// <summary>False: no environment variables for services.</summary>
    public bool? EnableServiceLinks { get; set; }

    /// <summary>Secrets with registry credentials.</summary>
    public List<LocalObjectReference> ImagePullSecrets { get => field ??= []; set; }

    /// <summary>User, group and kernel settings for all containers.</summary>
    public PodSecurityContext? SecurityContext { get; set; }

    /// <summary>While any is left, the pod is not scheduled.</summary>
    public List<PodSchedulingGate> SchedulingGates { get => field ??= []; set; }

    /// <summary>Resources of the pod itself beside its containers'.</summary>
    public Dictionary<string, Quantity> Overhead { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>Which runtime runs it.</summary>
    public string? RuntimeClassName { get; set; }
}
