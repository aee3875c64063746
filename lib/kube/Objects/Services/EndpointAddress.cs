namespace Podwire.Kube.Objects;

/// <summary>One address of an <see cref="EndpointSubset"/>.</summary>
public sealed class EndpointAddress : KubeValue
{
    /// <summary>The address.</summary>
    public string Ip { get; set; } = "";

    /// <summary>The endpoint's own host name.</summary>
    public string? Hostname { get; set; }

    /// <summary>The node it is on.</summary>
    public string? NodeName { get; set; }

    /// <summary>The pod behind it.</summary>
    public ObjectReference? TargetRef { get; set; }
}
