using Podwire.Kube.Objects;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>The older form of a service's endpoints: one object of subsets, for the service's first family. Pure.</summary>
internal static class EndpointsCompiler
{
    /// <summary>Not more addresses than this are written; then the annotation over-capacity says so.</summary>
    public const int MaxAddresses = 1000;

    private const string OverCapacity = "endpoints.kubernetes.io/over-capacity";

    /// <summary>What the service's Endpoints object is to be, or null if the present one is right already.</summary>
    /// <param name="service">A service with a selector.</param>
    /// <param name="pods">The pods that it selects.</param>
    /// <param name="node">A node by name, or null.</param>
    /// <param name="present">The object now, or null.</param>
    public static Endpoints? Compile(Service service, IReadOnlyList<Pod> pods, Func<string, Node?> node, Endpoints? present)
    {
        var wanted = new Endpoints();
        wanted.Metadata.Name = service.Metadata.Name;
        wanted.Metadata.Namespace = service.Metadata.Namespace;
        wanted.Metadata.Labels = new(service.Metadata.Labels, StringComparer.Ordinal);
        wanted.Metadata.Labels.Remove(SliceLabels.Headless);
        if (EndpointReader.IsHeadless(service))
        {
            wanted.Metadata.Labels[SliceLabels.Headless] = string.Empty;
        }

        wanted.Metadata.Annotations = new(present?.Metadata.Annotations ?? [], StringComparer.Ordinal);
        wanted.Metadata.Annotations.Remove(OverCapacity);
        var left = MaxAddresses;
        foreach (var group in EndpointReader.Read(service, pods, node, EndpointReader.Families(service)[0]).Values)
        {
            // Pods that terminate are no endpoints in this form, unless the service wants addresses that are not ready.
            var endpoints = group.Endpoints.Values.Where(endpoint => endpoint.Conditions?.Terminating != true || endpoint.Conditions.Ready == true)
                .OrderBy(endpoint => endpoint.Addresses[0], StringComparer.Ordinal)
                .ToList();
            if (endpoints.Count > left)
            {
                wanted.Metadata.Annotations[OverCapacity] = "truncated";
                endpoints = [.. endpoints.OrderByDescending(endpoint => endpoint.Conditions?.Ready == true).Take(left)];
            }

            left -= endpoints.Count;
            if (endpoints.Count > 0)
            {
                wanted.Subsets.Add(Subset(group, endpoints));
            }
        }

        return present is not null && AreEqual(present, wanted) ? null : wanted;
    }

    private static EndpointSubset Subset(EndpointGroup group, List<Endpoint> endpoints) => new()
    {
        Addresses = [.. endpoints.Where(endpoint => endpoint.Conditions?.Ready == true).Select(Address)],
        NotReadyAddresses = [.. endpoints.Where(endpoint => endpoint.Conditions?.Ready != true).Select(Address)],
        Ports = [.. group.Ports.Select(port => new EndpointPort { Name = string.IsNullOrEmpty(port.Name) ? null : port.Name, Port = port.Port, Protocol = port.Protocol, AppProtocol = port.AppProtocol })],
    };

    private static EndpointAddress Address(Endpoint endpoint) => new()
    {
        Ip = endpoint.Addresses[0],
        Hostname = endpoint.Hostname,
        NodeName = endpoint.NodeName,
        TargetRef = endpoint.TargetRef,
    };

    private static bool AreEqual(Endpoints left, Endpoints right) =>
        SameMap(left.Metadata.Labels, right.Metadata.Labels) && SameMap(left.Metadata.Annotations, right.Metadata.Annotations)
        && Text(left).SequenceEqual(Text(right));

    private static bool SameMap(Dictionary<string, string> left, Dictionary<string, string> right) =>
        left.Count == right.Count && left.All(pair => right.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private static IEnumerable<string> Text(Endpoints endpoints) => endpoints.Subsets
        .Select(subset => $"{EndpointGroup.Key(subset.Ports)} {Text(subset.Addresses)} {Text(subset.NotReadyAddresses)}")
        .Order(StringComparer.Ordinal);

    private static string Text(IEnumerable<EndpointAddress> addresses) =>
        string.Join(';', addresses.Select(address => $"{address.Ip},{address.Hostname},{address.NodeName},{address.TargetRef?.Uid},{address.TargetRef?.Name}").Order(StringComparer.Ordinal));
}
