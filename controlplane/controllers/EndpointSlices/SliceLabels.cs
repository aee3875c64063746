using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>The labels and the owner of a service's slices.</summary>
internal static class SliceLabels
{
    /// <summary>Names the service that a slice belongs to.</summary>
    public const string ServiceName = "kubernetes.io/service-name";

    /// <summary>Names who keeps a slice.</summary>
    public const string ManagedBy = "endpointslice.kubernetes.io/managed-by";

    /// <summary>This controller as <see cref="ManagedBy"/> names it, the same as upstream's, whose slices it takes over.</summary>
    public const string Controller = "endpointslice-controller.k8s.io";

    /// <summary>Marks the slices of a service without a cluster address.</summary>
    public const string Headless = "service.kubernetes.io/headless";

    /// <summary>The labels of a service's slices: the service's own and the three above.</summary>
    public static Dictionary<string, string> For(Service service)
    {
        var labels = new Dictionary<string, string>(service.Metadata.Labels, StringComparer.Ordinal);
        labels.Remove(Headless);
        labels[ServiceName] = service.Metadata.Name;
        labels[ManagedBy] = Controller;
        if (EndpointReader.IsHeadless(service))
        {
            labels[Headless] = string.Empty;
        }

        return labels;
    }

    /// <summary>True if the slice is one that this controller keeps for the service.</summary>
    public static bool IsOf(EndpointSlice slice, Service service) =>
        slice.Metadata.Namespace == service.Metadata.Namespace
        && slice.Metadata.Labels.GetValueOrDefault(ServiceName) == service.Metadata.Name
        && slice.Metadata.Labels.GetValueOrDefault(ManagedBy) == Controller;

    /// <summary>True if labels and owner are as they should be.</summary>
    public static bool AreRight(EndpointSlice slice, Service service, Dictionary<string, string> labels) =>
        slice.Metadata.Labels.Count == labels.Count
        && labels.All(label => slice.Metadata.Labels.TryGetValue(label.Key, out var value) && value == label.Value)
        && ControllerReference.IsTo(slice, service);
}
