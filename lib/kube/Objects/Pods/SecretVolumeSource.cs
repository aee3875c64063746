namespace Podwire.Kube.Objects;

/// <summary>A secret's entries as files.</summary>
public sealed class SecretVolumeSource : KubeValue
{
    /// <summary>The secret.</summary>
    public string SecretName { get; set; } = "";

    /// <summary>Which entries; all if empty.</summary>
    public List<KeyToPath> Items { get => field ??= []; set; }

    /// <summary>Permission bits; default 0644.</summary>
    public int? DefaultMode { get; set; }

    /// <summary>True: it may be missing.</summary>
    public bool? Optional { get; set; }
}
