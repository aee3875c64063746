namespace Podwire.Kube.Objects;

/// <summary>Something that answers for a service.</summary>
public sealed class Endpoint : KubeValue
{
    /// <summary>Its addresses; only the first is used.</summary>
    public List<string> Addresses { get => field ??= []; set; }

    /// <summary>Its state.</summary>
    public EndpointConditions? Conditions { get; set; }

    /// <summary>Its name in the service's domain.</summary>
    public string? Hostname { get; set; }

    /// <summary>The node it is on.</summary>
    public string? NodeName { get; set; }

    /// <summary>The zone it is in.</summary>
    public string? Zone { get; set; }

    /// <summary>What it is, mostly a pod.</summary>
    public ObjectReference? TargetRef { get; set; }

    /// <summary>Node labels as of v1beta1.</summary>
    public Dictionary<string, string> DeprecatedTopology { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>Who should use it.</summary>
    public EndpointHints? Hints { get; set; }
}
