namespace Podwire.Kube.Objects;

/// <summary>An entry of a config map or secret.</summary>
public sealed class KeySelector : KubeValue
{
    /// <summary>The object's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The entry.</summary>
    public string Key { get; set; } = "";

    /// <summary>True: it may be missing.</summary>
    public bool? Optional { get; set; }
}
