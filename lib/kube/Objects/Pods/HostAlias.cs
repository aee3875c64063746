namespace Podwire.Kube.Objects;

/// <summary>A line of /etc/hosts.</summary>
public sealed class HostAlias : KubeValue
{
    /// <summary>The address.</summary>
    public string Ip { get; set; } = "";

    /// <summary>Its names.</summary>
    public List<string> Hostnames { get => field ??= []; set; }
}
