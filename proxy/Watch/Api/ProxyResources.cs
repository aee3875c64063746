using System.Text.Json;
using Podwire.Kube;
using Podwire.Kube.Json;

namespace Podwire.Proxy.Watch.Api;

/// <summary>Resources that the proxy reads in a form of its own.</summary>
internal static class ProxyResources
{
    private static readonly JsonSerializerOptions Options = KubeJson.With(ProxyJsonContext.Default);

    /// <summary>core/v1 services.</summary>
    public static KubeResource<ServiceObject> Services { get; } = new("", "v1", "Service", "services", true, Options) { ReadItem = ServiceReader.Read };

    /// <summary>discovery.k8s.io/v1 endpoint slices.</summary>
    public static KubeResource<SliceObject> EndpointSlices { get; } = new("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true, Options) { ReadItem = SliceReader.Read };
}
