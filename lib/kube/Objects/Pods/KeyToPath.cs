namespace Podwire.Kube.Objects;

/// <summary>An entry as a file.</summary>
public sealed class KeyToPath : KubeValue
{
    /// <summary>The entry.</summary>
    public string Key { get; set; } = "";

    /// <summary>Relative path of the file.</summary>
    public string Path { get; set; } = "";

    /// <summary>Permission bits.</summary>
    public int? Mode { get; set; }
}
