namespace Podwire.Kube.Objects;

/// <summary>A config map's entries in a projected volume.</summary>
public sealed class ConfigMapProjection : KubeValue
{
    /// <summary>The config map.</summary>
    public string Name { get; set; } = "";

    /// <summary>Which entries; all if empty.</summary>
    public List<KeyToPath> Items { get => field ??= []; set; }

    /// <summary>True: it may be missing.</summary>
    public bool? Optional { get; set; }
}
