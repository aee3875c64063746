using Podwire.Primitives;
using Podwire.Proxy.Select;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>Turns one Service into its rules and chains, as kube-proxy 1.32 lays them out. Pure and total.</summary>
internal static class IptablesServiceCompiler
{
    /// <summary>Compiles for one family.</summary>
    /// <param name="state">The Service with its endpoints.</param>
    /// <param name="node">The node.</param>
    /// <param name="settings">What all rules depend on.</param>
    /// <param name="withComments">False in large clusters: chains of endpoints then carry no comments.</param>
    /// <param name="mayUse">False for a frontend that an older Service has; it is left out.</param>
    public static IptablesService Compile(ServiceState state, NodeState node, IptablesSettings settings, bool withComments = true, Func<FrontendKey, bool>? mayUse = null)
    {
        var result = new IptablesService();
        var seen = new HashSet<FrontendKey>();
        var names = new HashSet<(string, IpProtocol)>();
        foreach (var port in state.Service.Ports)
        {
            // Two ports of one name and protocol would have the same chains; the API server lets none through.
            if (!names.Add((port.Name, port.Protocol)))
            {
                continue;
            }

            var frontends = new List<(FrontendKey Key, FrontendKind Kind)>();
            foreach (var (key, kind) in ServiceCompiler.KeysOf(state.Service, port, settings.Family))
            {
                if (mayUse?.Invoke(key) != false && seen.Add(key))
                {
                    frontends.Add((key, kind));
                }
            }

            if (frontends.Count > 0)
            {
                new IptablesPortCompiler(result, state.Service, port, frontends, Select(state, port, node, settings.Family), node, settings, withComments).Compile();
            }
        }

        return result;
    }

    /// <summary>The endpoints of a port: which sets it uses depends on how this very port is reached.</summary>
    public static EndpointSelection Select(ServiceState state, PortRecord port, NodeState node, IpFamily family)
    {
        var service = state.Service;
        var reachable = port.NodePort != 0 || service.ExternalIps.Any(address => address.Family == family) || service.LoadBalancerIps.Any(address => address.Family == family);
        return EndpointSelector.Select(state.EndpointsOf(port, family), new(service.InternalLocal, service.ExternalLocal, reachable), node);
    }
}
