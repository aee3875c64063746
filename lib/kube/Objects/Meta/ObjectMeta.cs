namespace Podwire.Kube.Objects;

/// <summary>What every object carries: identity, version, labels, owners and its way to the end (metav1.ObjectMeta).</summary>
public sealed class ObjectMeta : KubeValue
{
    /// <summary>The name, unique in its namespace and resource.</summary>
    public string Name { get; set; } = "";

    /// <summary>A prefix from which the server makes a name when <see cref="Name"/> is empty.</summary>
    public string? GenerateName { get; set; }

    /// <summary>The namespace; null for cluster-scoped objects.</summary>
    public string? Namespace { get; set; }

    /// <summary>The identity over time: a new object of the same name has another one.</summary>
    public string? Uid { get; set; }

    /// <summary>The version at which this was read; sent with an update, it guards against a lost write.</summary>
    public string? ResourceVersion { get; set; }

    /// <summary>Counts changes of the desired state (spec).</summary>
    public long? Generation { get; set; }

    /// <summary>When the server stored it first.</summary>
    public DateTimeOffset? CreationTimestamp { get; set; }

    /// <summary>Set once deletion was asked for; the object goes when its grace and finalizers are done.</summary>
    public DateTimeOffset? DeletionTimestamp { get; set; }

    /// <summary>Seconds between the deletion request and <see cref="DeletionTimestamp"/>.</summary>
    public long? DeletionGracePeriodSeconds { get; set; }

    /// <summary>What selectors match.</summary>
    public Dictionary<string, string> Labels { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>Free-form remarks of tools.</summary>
    public Dictionary<string, string> Annotations { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>The objects this one depends on.</summary>
    public List<OwnerReference> OwnerReferences { get => field ??= []; set; }

    /// <summary>Names of those who still have work to do before it may vanish.</summary>
    public List<string> Finalizers { get => field ??= []; set; }
}
