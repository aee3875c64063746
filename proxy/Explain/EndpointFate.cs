using Podwire.Primitives;
using Podwire.Proxy.Select;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Explain;

/// <summary>Why an endpoint of a Service port is no choice for a connection. Pure.</summary>
internal static class EndpointFate
{
    /// <summary>Every endpoint of the port, each with the reason that it is left out, or null if it is none.</summary>
    /// <param name="state">The Service.</param>
    /// <param name="port">The port.</param>
    /// <param name="family">The family.</param>
    /// <param name="node">This node.</param>
    /// <param name="onlyLocal">The policy of the way that the connection takes is Local, and it is not exempt.</param>
    /// <param name="policy">That policy's name.</param>
    public static IEnumerable<(EndpointAddress Target, EndpointRecord Endpoint, string? LeftOut)> Of(ServiceState state, PortRecord port, IpFamily family, NodeState node, bool onlyLocal, string policy)
    {
        var endpoints = state.EndpointsOf(port, family);
        var mode = onlyLocal ? TopologyMode.None : EndpointSelector.ModeOf(endpoints, node);
        var anyReady = endpoints.Exists(candidate => candidate.Endpoint.IsReady && (!onlyLocal || candidate.Endpoint.NodeName == node.Name));
        foreach (var (target, endpoint) in endpoints.InOrder(static (left, right) => left.Target.CompareTo(right.Target)))
        {
            yield return (target, endpoint, Reason(endpoint, node, mode, anyReady, onlyLocal ? policy : null));
        }
    }

    private static string? Reason(EndpointRecord endpoint, NodeState node, TopologyMode mode, bool anyReady, string? localPolicy)
    {
        if (localPolicy is not null && endpoint.NodeName != node.Name)
        {
            return $"not on this node, and {localPolicy} is Local";
        }

        if (!endpoint.IsReady)
        {
            return !endpoint.IsLastResort ? (endpoint.Conditions & EndpointConditions.Terminating) != 0 ? "terminating, and not serving any more" : "not ready"
                : anyReady ? "terminating: only where none is ready"
                : null;
        }

        return mode switch
        {
            TopologyMode.Node when !endpoint.NodeHints.Contains(node.Name) => $"hinted for node {string.Join(", ", endpoint.NodeHints)}, and others for this one",
            TopologyMode.Zone when !endpoint.ZoneHints.Contains(node.Zone!) => $"hinted for zone {string.Join(", ", endpoint.ZoneHints)}, and this node is in {node.Zone}",
            _ => null,
        };
    }
}
