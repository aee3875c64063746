namespace Podwire.Kube.Objects;

/// <summary>A config map's entries as files.</summary>
public sealed class ConfigMapVolumeSource : KubeValue
{
    /// <summary>The config map.</summary>
    public string Name { get; set; } = "";

    /// <summary>Which entries; all if empty.</summary>
    public List<KeyToPath> Items { get => field ??= []; set; }

    /// <summary>Permission bits; default 0644.</summary>
    public int? DefaultMode { get; set; }

    /// <summary>True: it may be missing.</summary>
    public bool? Optional { get; set; }
}
