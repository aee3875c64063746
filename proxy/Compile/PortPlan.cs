using Podwire.Primitives;
using Podwire.Proxy.Select;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile;

/// <summary>One port of a Service with its choice of endpoints, and with its chains if it has ClientIP affinity.</summary>
internal sealed class PortPlan
{
    public PortPlan(ServiceRecord service, PortRecord port, EndpointSelection selection, string comment)
    {
        (Service, Selection, Comment) = (service, selection, comment);
        if (service.AffinitySeconds > 0 && (selection.Cluster.Count > 0 || selection.Local.Count > 0))
        {
            var id = $"{service.Key}/{ProtocolNames.Of(port.Protocol)}/{(port.Name.Length == 0 ? port.Port.ToString() : port.Name)}";
            Affinity = new()
            {
                Id = id,
                Comment = comment,
                Protocol = port.Protocol,
                Seconds = service.AffinitySeconds,
                Cluster = EndpointsOf(id, selection.Cluster),
                Local = EndpointsOf(id, selection.Local),
                HasClusterChain = !service.InternalLocal,
                HasInternalLocalChain = service.InternalLocal,
                HasExternalChain = service.IsExternallyReachable,
                ExternalLocal = service.ExternalLocal,
            };
        }
    }

    /// <summary>The Service.</summary>
    public ServiceRecord Service { get; }

    /// <summary>The endpoints.</summary>
    public EndpointSelection Selection { get; }

    /// <summary><c>namespace/name:port</c>.</summary>
    public string Comment { get; }

    /// <summary>The chains of its own, or null.</summary>
    public CompiledAffinity? Affinity { get; }

    private static List<AffinityEndpoint> EndpointsOf(string id, IReadOnlyList<PortEndpoint> endpoints)
    {
        var list = new List<AffinityEndpoint>(endpoints.Count);
        foreach (var (target, _) in endpoints.InOrder(static (left, right) => left.Target.CompareTo(right.Target)))
        {
            // nft takes no ':' in a name.
            var name = $"{id}/{target.Address.ToString().Replace(':', '.')}/{target.Port}";
            list.Add(new(target, $"affinity-{name}", $"endpoint-{name}"));
        }

        return list;
    }
}
