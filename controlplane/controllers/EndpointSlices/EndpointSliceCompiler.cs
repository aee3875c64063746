using Podwire.Controllers.Runtime;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>
/// Lays a service's endpoints out in slices with as little change as can be: an endpoint stays in the slice it is in, new ones go first to
/// slices that change anyway, then to the slice they fit best, then to new slices. Slices that would go are used for those that would come. Pure.
/// </summary>
internal static class EndpointSliceCompiler
{
    /// <summary>The most endpoints in a slice (kube-controller-manager's --max-endpoints-per-slice).</summary>
    public const int MaxEndpoints = 100;

    /// <summary>Plans one service's slices.</summary>
    /// <param name="service">A service with a selector.</param>
    /// <param name="pods">The pods that it selects.</param>
    /// <param name="node">A node by name, or null.</param>
    /// <param name="existing">The slices that this controller keeps for it.</param>
    /// <param name="most">The most endpoints in a slice.</param>
    public static EndpointSlicePlan Compile(Service service, IReadOnlyList<Pod> pods, Func<string, Node?> node, IEnumerable<EndpointSlice> existing, int most = MaxEndpoints)
    {
        var slices = existing.Where(slice => slice.Metadata.DeletionTimestamp is null).OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal).ToList();
        List<EndpointSlice> create = [], update = [], delete = [];
        var families = EndpointReader.Families(service);
        var types = families.Select(AddressType).ToList();
        delete.AddRange(slices.Where(slice => !types.Contains(slice.AddressType)));
        foreach (var family in families)
        {
            var groups = EndpointReader.Read(service, pods, node, family);
            if (groups.Count == 0)
            {
                groups[string.Empty] = new([], new(StringComparer.Ordinal));
            }

            Reconcile(service, AddressType(family), groups, [.. slices.Where(slice => slice.AddressType == AddressType(family))], most, (create, update, delete));
        }

        return new(create, update, delete);
    }

    private static string AddressType(IpFamily family) => family == IpFamily.V6 ? "IPv6" : "IPv4";

    private static void Reconcile(
        Service service,
        string addressType,
        SortedDictionary<string, EndpointGroup> groups,
        List<EndpointSlice> slices,
        int most,
        (List<EndpointSlice> Create, List<EndpointSlice> Update, List<EndpointSlice> Delete) plan)
    {
        var labels = SliceLabels.For(service);
        var byPorts = slices.ToLookup(slice => EndpointGroup.Key(slice.Ports), StringComparer.Ordinal);
        var unused = slices.Where(slice => !groups.ContainsKey(EndpointGroup.Key(slice.Ports))).ToList();
        var fresh = new List<(EndpointGroup Group, IEnumerable<Endpoint> Endpoints)>();
        foreach (var (key, group) in groups)
        {
            var layouts = byPorts[key].Select(slice => new SliceLayout(slice, labels, service)).ToList();
            foreach (var chunk in Place(group, layouts, most))
            {
                fresh.Add((group, chunk));
            }

            var kept = layouts.Where(layout => layout.Endpoints.Count > 0).ToList();
            if (kept.Count == 0 && group.Endpoints.Count == 0 && layouts.Count > 0)
            {
                kept.Add(layouts[0]);
            }

            unused.AddRange(layouts.Except(kept).Select(layout => layout.Slice));
            plan.Update.AddRange(kept.Where(layout => layout.IsChanged).Select(layout => Written(layout.Slice, group.Ports, layout.Endpoints, service, labels)));
        }

        foreach (var (group, endpoints) in fresh)
        {
            if (unused.Count > 0)
            {
                plan.Update.Add(Written(unused[0], group.Ports, endpoints, service, labels));
                unused.RemoveAt(0);
            }
            else
            {
                plan.Create.Add(Written(New(service, addressType), group.Ports, endpoints, service, labels));
            }
        }

        plan.Delete.AddRange(unused);
    }

    /// <summary>Puts the endpoints that are in no slice yet into the layouts; returns the chunks that need slices of their own.</summary>
    private static List<List<Endpoint>> Place(EndpointGroup group, List<SliceLayout> layouts, int most)
    {
        var left = new SortedDictionary<string, Endpoint>(group.Endpoints, StringComparer.Ordinal);
        foreach (var layout in layouts)
        {
            layout.Keep(left, most);
        }

        var queue = new Queue<Endpoint>(left.Values);
        foreach (var layout in layouts.Where(layout => layout.IsChanged && layout.Endpoints.Count > 0))
        {
            layout.Fill(queue, most);
        }

        var chunks = new List<List<Endpoint>>();
        while (queue.Count > 0 || (group.Endpoints.Count == 0 && layouts.Count == 0 && chunks.Count == 0))
        {
            var fitting = layouts.Where(layout => most - layout.Endpoints.Count >= queue.Count).MinBy(layout => most - layout.Endpoints.Count);
            if (fitting is not null)
            {
                fitting.Fill(queue, most);
                continue;
            }

            var chunk = new List<Endpoint>();
            while (chunk.Count < most && queue.TryDequeue(out var endpoint))
            {
                chunk.Add(endpoint);
            }

            chunks.Add(chunk);
        }

        return chunks;
    }

    private static EndpointSlice New(Service service, string addressType)
    {
        var slice = new EndpointSlice { AddressType = addressType };
        slice.Metadata.GenerateName = service.Metadata.Name + "-";
        slice.Metadata.Namespace = service.Metadata.Namespace;
        return slice;
    }

    private static EndpointSlice Written(EndpointSlice seen, IReadOnlyList<EndpointPort> ports, IEnumerable<Endpoint> endpoints, Service service, Dictionary<string, string> labels)
    {
        var slice = KubeJson.Clone(seen);
        slice.Metadata.Labels = new(labels, StringComparer.Ordinal);
        slice.Metadata.OwnerReferences = [.. seen.Metadata.OwnerReferences.Where(owner => owner.Controller != true), ControllerReference.To(service)];
        slice.Ports = [.. ports];
        slice.Endpoints = [.. endpoints];
        return slice;
    }
}
