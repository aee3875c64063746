using System.Text.Json.Serialization;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Watch.Api;

/// <summary>An EndpointSlice (discovery.k8s.io/v1), read.</summary>
[JsonConverter(typeof(SliceConverter))]
internal sealed class SliceObject() : ReadObject("discovery.k8s.io/v1", "EndpointSlice")
{
    /// <summary>What rules need of it; null if no Service of ours can use it.</summary>
    public SliceRecord? Record { get; init; }
}
