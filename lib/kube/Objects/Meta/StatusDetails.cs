namespace Podwire.Kube.Objects;

/// <summary>What a <see cref="Status"/> is about.</summary>
public sealed class StatusDetails : KubeValue
{
    /// <summary>The object's name.</summary>
    public string? Name { get; set; }

    /// <summary>The resource's API group.</summary>
    public string? Group { get; set; }

    /// <summary>The resource or kind.</summary>
    public string? Kind { get; set; }

    /// <summary>The object's identity.</summary>
    public string? Uid { get; set; }

    /// <summary>Single faults, mostly of fields.</summary>
    public List<StatusCause> Causes { get => field ??= []; set; }

    /// <summary>Seconds after which a retry makes sense; 0 or null if it makes none.</summary>
    public int? RetryAfterSeconds { get; set; }
}
