using Podwire.Kube;
using Podwire.Kube.Json;

namespace Podwire.Proxy.Watch.Api;

/// <summary>Resources that the proxy reads in a form of its own.</summary>
internal static class ProxyResources
{
    /// <summary>discovery.k8s.io/v1 endpoint slices.</summary>
    public static KubeResource<SliceObject> EndpointSlices { get; } =
        new("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true, KubeJson.With(ProxyJsonContext.Default));
}
