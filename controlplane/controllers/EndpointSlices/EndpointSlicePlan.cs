using Podwire.Kube.Objects;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>The least changes by which a service's slices become what its endpoints are.</summary>
/// <param name="Create">Slices to make; the server picks the end of the name.</param>
/// <param name="Update">Slices to replace, each with the resourceVersion it was seen at.</param>
/// <param name="Delete">Slices to delete.</param>
internal sealed record EndpointSlicePlan(IReadOnlyList<EndpointSlice> Create, IReadOnlyList<EndpointSlice> Update, IReadOnlyList<EndpointSlice> Delete)
{
    /// <summary>True if nothing is to be done.</summary>
    public bool IsEmpty => Create.Count + Update.Count + Delete.Count == 0;
}
