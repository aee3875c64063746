using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>A daemon's port.</summary>
public sealed class DaemonEndpoint : KubeValue
{
    /// <summary>The port; the field's name is capitalised in the API.</summary>
    [JsonPropertyName("Port")]
    public int Port { get; set; }
}
