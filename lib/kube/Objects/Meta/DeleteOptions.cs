namespace Podwire.Kube.Objects;

/// <summary>How an object is to be deleted (metav1.DeleteOptions).</summary>
public sealed class DeleteOptions : KubeValue
{
    /// <summary><c>v1</c>.</summary>
    public string ApiVersion { get; set; } = "v1";

    /// <summary><c>DeleteOptions</c>.</summary>
    public string Kind { get; set; } = "DeleteOptions";

    /// <summary>Seconds to end in; 0 removes the object at once.</summary>
    public long? GracePeriodSeconds { get; set; }

    /// <summary>What must hold, or the server answers 409.</summary>
    public Preconditions? Preconditions { get; set; }

    /// <summary><c>Foreground</c>, <c>Background</c> or <c>Orphan</c>.</summary>
    public string? PropagationPolicy { get; set; }

    /// <summary><c>All</c>: check, but do not store.</summary>
    public List<string> DryRun { get => field ??= []; set; }
}
