using Podwire.Primitives;
using Podwire.Proxy.Select;
using Podwire.Proxy.State;
using Podwire.Ruleset;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>Writes the rules and chains of one Service port.</summary>
internal sealed class IptablesPortCompiler
{
    private readonly IptablesService result;
    private readonly ServiceRecord service;
    private readonly PortRecord port;
    private readonly IReadOnlyList<(FrontendKey Key, FrontendKind Kind)> frontends;
    private readonly NodeState node;
    private readonly IptablesSettings settings;
    private readonly bool withComments;
    private readonly EndpointAddress[] cluster;
    private readonly EndpointAddress[] local;
    private readonly bool hasAny;
    private readonly string name;
    private readonly string hash;

    public IptablesPortCompiler(
        IptablesService result,
        ServiceRecord service,
        PortRecord port,
        IReadOnlyList<(FrontendKey Key, FrontendKind Kind)> frontends,
        EndpointSelection selection,
        NodeState node,
        IptablesSettings settings,
        bool withComments)
    {
        (this.result, this.service, this.port, this.frontends, this.node, this.settings, this.withComments) = (result, service, port, frontends, node, settings, withComments);
        cluster = Sorted(selection.Cluster);
        local = Sorted(selection.Local);
        hasAny = selection.HasAny;
        name = port.Name.Length == 0 ? service.Key.ToString() : $"{service.Key}:{port.Name}";
        hash = KubeChains.HashOf(name, port.Protocol);
    }

    private string ClusterChain => "KUBE-SVC-" + hash;

    private string LocalChain => "KUBE-SVL-" + hash;

    private string ExternalChain => "KUBE-EXT-" + hash;

    private string FirewallChain => "KUBE-FW-" + hash;

    private bool HasInternal => hasAny && (!service.InternalLocal || local.Length > 0);

    private bool HasExternal => hasAny && (!service.ExternalLocal || local.Length > 0);

    /// <summary>Adds them to the result.</summary>
    public void Compile()
    {
        IpPrefix[] ranges = [.. service.SourceRanges.Where(range => range.Family == settings.Family).Distinct()];
        var usesFirewall = hasAny && ranges.Length > 0 && frontends.Any(static frontend => frontend.Kind == FrontendKind.LoadBalancer);
        foreach (var (key, kind) in frontends)
        {
            switch (kind)
            {
                case FrontendKind.ClusterIp:
                    ClusterIp(key);
                    break;
                case FrontendKind.NodePort:
                    NodePort(key);
                    break;
                default:
                    External(key, kind, usesFirewall);
                    break;
            }
        }

        if (service is { HealthCheckNodePort: not 0, ExternalLocal: true })
        {
            // The health check of load balancers is let in whether there are endpoints or not.
            Share(IptablesTable.Filter, KubeChains.NodePorts, new()
            {
                Protocol = IpProtocol.Tcp,
                Matches = [new IptablesMatch.Comment($"{name} health check node port"), new IptablesMatch.Port(IpProtocol.Tcp, service.HealthCheckNodePort)],
                Target = IptablesTarget.Accept,
            });
        }

        if (!hasAny)
        {
            return;
        }

        var inside = frontends.FirstOrDefault(static frontend => frontend.Kind == FrontendKind.ClusterIp).Key;
        var isReachable = frontends.Any(static frontend => frontend.Kind != FrontendKind.ClusterIp);
        if (isReachable)
        {
            Own(ExternalChain, ExternalRules());
        }

        if (usesFirewall)
        {
            Own(FirewallChain, FirewallRules(ranges));
        }

        if (cluster.Length > 0)
        {
            Own(ClusterChain, [.. service.InternalLocal ? [] : MasqueradeOutsiders(inside), .. Choose(cluster)]);
        }

        if (local.Length > 0)
        {
            Own(LocalChain, [.. service.InternalLocal ? MasqueradeOutsiders(inside) : [], .. Choose(local)]);
        }

        foreach (var endpoint in ((EndpointAddress[])[.. cluster, .. local]).Distinct())
        {
            Own(ChainOf(endpoint), EndpointRules(endpoint));
        }
    }

    private static EndpointAddress[] Sorted(IReadOnlyList<PortEndpoint> endpoints)
    {
        // The order of kube-proxy: by the text, so 10.0.0.10 before 10.0.0.2.
        var sorted = new EndpointAddress[endpoints.Count];
        var texts = new string[endpoints.Count];
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = endpoints[i].Target;
            texts[i] = sorted[i].ToString();
        }

        Array.Sort(texts, sorted, StringComparer.Ordinal);
        return sorted;
    }

    private void ClusterIp(FrontendKey key)
    {
        if (HasInternal)
        {
            Share(IptablesTable.Nat, KubeChains.Services, ToFrontend(key, $"{name} cluster IP", new IptablesTarget.Jump(service.InternalLocal ? LocalChain : ClusterChain)));
        }
        else
        {
            Share(IptablesTable.Filter, KubeChains.Services, ToFrontend(key, Refusal, Refuse));
        }
    }

    private void External(FrontendKey key, FrontendKind kind, bool usesFirewall)
    {
        var isBalancer = kind == FrontendKind.LoadBalancer;
        if (hasAny)
        {
            var target = isBalancer && usesFirewall ? FirewallChain : ExternalChain;
            Share(IptablesTable.Nat, KubeChains.Services, ToFrontend(key, isBalancer ? $"{name} loadbalancer IP" : $"{name} external IP", new IptablesTarget.Jump(target)));
        }

        if (isBalancer && usesFirewall)
        {
            Share(IptablesTable.Filter, KubeChains.ProxyFirewall, ToFrontend(key, $"{name} traffic not accepted by {FirewallChain}", IptablesTarget.Drop));
        }

        if (!HasExternal)
        {
            Share(IptablesTable.Filter, KubeChains.ExternalServices, ToFrontend(key, Refusal, Refuse));
        }
    }

    private void NodePort(FrontendKey key)
    {
        if (hasAny)
        {
            Share(IptablesTable.Nat, KubeChains.NodePorts, new()
            {
                Protocol = key.Protocol,
                Matches = [new IptablesMatch.Comment(name), new IptablesMatch.Port(key.Protocol, key.Port)],
                Target = new IptablesTarget.Jump(ExternalChain),
            });
        }

        if (!HasExternal)
        {
            Share(IptablesTable.Filter, KubeChains.ExternalServices, new()
            {
                Protocol = key.Protocol,
                Matches = [new IptablesMatch.Comment(Refusal), new IptablesMatch.LocalAddress(Source: false), new IptablesMatch.Port(key.Protocol, key.Port)],
                Target = Refuse,
            });
        }
    }

    private string Refusal => hasAny ? $"{name} has no local endpoints" : $"{name} has no endpoints";

    private IptablesTarget Refuse => hasAny ? IptablesTarget.Drop : new IptablesTarget.Reject();

    private static IptablesRule ToFrontend(FrontendKey key, string comment, IptablesTarget target) => new()
    {
        Destination = IpPrefix.Host(key.Address),
        Protocol = key.Protocol,
        Matches = [new IptablesMatch.Comment(comment), new IptablesMatch.Port(key.Protocol, key.Port)],
        Target = target,
    };

    private IEnumerable<IptablesRule> MasqueradeOutsiders(FrontendKey inside)
    {
        if (inside.Port == 0 || !(settings.Common.MasqueradeAll || settings.Common.Pods.IsKnown))
        {
            return [];
        }

        var rule = ToFrontend(inside, $"{name} cluster IP", new IptablesTarget.Jump(KubeChains.MarkMasquerade));
        return [settings.Common.MasqueradeAll ? rule : FromPods(rule, negated: true)];
    }

    private IptablesRule FromPods(IptablesRule rule, bool negated) => settings.Common.Pods is { Source: { } source }
        ? rule with { Source = source, SourceNegated = negated }
        : rule with { InInterface = settings.Common.Pods.Interface! + (settings.Common.Pods.InterfaceIsPrefix ? "+" : string.Empty), InInterfaceNegated = negated };

    private List<IptablesRule> ExternalRules()
    {
        var rules = new List<IptablesRule>();
        if (!service.ExternalLocal)
        {
            rules.Add(Commented($"masquerade traffic for {name} external destinations", KubeChains.MarkMasquerade));
        }
        else
        {
            // The policy is about traffic from outside: pods and the node itself take the short way.
            if (settings.Common.Pods.IsKnown)
            {
                rules.Add(FromPods(Commented($"pod traffic for {name} external destinations", ClusterChain), negated: false));
            }

            var fromNode = new IptablesMatch.LocalAddress(Source: true);
            rules.Add(Commented($"masquerade LOCAL traffic for {name} external destinations", KubeChains.MarkMasquerade, fromNode));
            rules.Add(Commented($"route LOCAL traffic for {name} external destinations", ClusterChain, fromNode));
        }

        if (HasExternal)
        {
            rules.Add(new() { Target = new IptablesTarget.Jump(service.ExternalLocal ? LocalChain : ClusterChain) });
        }

        return rules;
    }

    private List<IptablesRule> FirewallRules(IpPrefix[] ranges)
    {
        var rules = new List<IptablesRule>();
        List<IpPrefix> sources = [.. ranges];
        if (node.Addresses.Any(address => ranges.Any(range => range.Contains(address))))
        {
            // A node that holds the balancer's address itself talks to it from that very address.
            sources.AddRange(service.LoadBalancerIps.Where(address => address.Family == settings.Family).Select(IpPrefix.Host));
        }

        foreach (var source in sources)
        {
            rules.Add(Commented($"{name} loadbalancer IP", ExternalChain) with { Source = source.Length == 0 ? null : source });
        }

        rules.Add(new() { Matches = [new IptablesMatch.Comment($"other traffic to {name} will be dropped by KUBE-PROXY-FIREWALL")] });
        return rules;
    }

    private IEnumerable<IptablesRule> Choose(EndpointAddress[] endpoints)
    {
        if (service.AffinitySeconds > 0)
        {
            foreach (var endpoint in endpoints)
            {
                yield return ToEndpoint(endpoint, new IptablesMatch.RecentCheck(ChainOf(endpoint), service.AffinitySeconds));
            }
        }

        for (var i = 0; i < endpoints.Length; i++)
        {
            // The last one takes what the dice left.
            yield return ToEndpoint(endpoints[i], i < endpoints.Length - 1 ? IptablesMatch.Statistic.OneOf(endpoints.Length - i) : null);
        }
    }

    private IptablesRule ToEndpoint(EndpointAddress endpoint, IptablesMatch? match)
    {
        var matches = new List<IptablesMatch>(2);
        if (withComments)
        {
            matches.Add(new IptablesMatch.Comment($"{name} -> {endpoint}"));
        }

        if (match is not null)
        {
            matches.Add(match);
        }

        return new() { Matches = ValueList.From(matches), Target = new IptablesTarget.Jump(ChainOf(endpoint)) };
    }

    private List<IptablesRule> EndpointRules(EndpointAddress endpoint)
    {
        var translate = new List<IptablesMatch>(3);
        if (withComments)
        {
            translate.Add(new IptablesMatch.Comment(name));
        }

        // An endpoint that talks to itself must see another's address, or it would answer past the translation.
        var hairpin = new IptablesRule { Source = IpPrefix.Host(endpoint.Address), Matches = ValueList.From(translate), Target = new IptablesTarget.Jump(KubeChains.MarkMasquerade) };
        if (service.AffinitySeconds > 0)
        {
            translate.Add(new IptablesMatch.RecentSet(ChainOf(endpoint)));
        }

        translate.Add(new IptablesMatch.Port(port.Protocol, null));
        return [hairpin, new() { Protocol = port.Protocol, Matches = ValueList.From(translate), Target = new IptablesTarget.Dnat(endpoint) }];
    }

    private static IptablesRule Commented(string comment, string chain, params ReadOnlySpan<IptablesMatch> more) => new()
    {
        Matches = [new IptablesMatch.Comment(comment), .. more],
        Target = new IptablesTarget.Jump(chain),
    };

    private string ChainOf(EndpointAddress endpoint) => KubeChains.Endpoint(name, port.Protocol, endpoint);

    private void Share(IptablesTable table, string chain, IptablesRule rule) => result.Shared.Add((table, chain, rule));

    private void Own(string chain, IEnumerable<IptablesRule> rules) => result.Chains.Add(new(chain, [.. rules]));
}
