namespace Podwire.Kube.Objects;

/// <summary>Names an object that owns this one, in the same namespace or cluster-scoped.</summary>
public sealed class OwnerReference : KubeValue
{
    /// <summary>Group and version of the owner.</summary>
    public string ApiVersion { get; set; } = "";

    /// <summary>Kind of the owner.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Name of the owner.</summary>
    public string Name { get; set; } = "";

    /// <summary>Identity of the owner: another object of that name is not the owner.</summary>
    public string Uid { get; set; } = "";

    /// <summary>True for the one owner that manages this object.</summary>
    public bool? Controller { get; set; }

    /// <summary>True if a foreground deletion of the owner waits for this object.</summary>
    public bool? BlockOwnerDeletion { get; set; }
}
