using System.Text.Json.Serialization;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Whose an address is.</summary>
public sealed class BlockAttribute : KubeValue
{
    /// <summary>The handle, by which it is given back.</summary>
    [JsonPropertyName("handle_id")]
    public string? Primary { get; set; }

    /// <summary>Pod, namespace, node, time.</summary>
    [JsonPropertyName("secondary")]
    public Dictionary<string, string>? Secondary { get; set; }
}
