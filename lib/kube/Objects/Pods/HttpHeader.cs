namespace Podwire.Kube.Objects;

/// <summary>A header of an HTTP check.</summary>
public sealed class HttpHeader : KubeValue
{
    /// <summary>The header's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The header's value.</summary>
    public string Value { get; set; } = "";
}
