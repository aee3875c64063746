using Podwire.Ruleset;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>A rule in a built-in chain that leads to one of the proxy's.</summary>
/// <param name="Table">The table.</param>
/// <param name="From">The built-in chain.</param>
/// <param name="Rule">The rule.</param>
internal sealed record KubeJump(IptablesTable Table, string From, IptablesRule Rule)
{
    /// <summary>The jumps of kube-proxy in the order in which it puts them, each in front of what is there.</summary>
    public static IReadOnlyList<KubeJump> All { get; } =
    [
        Filter("INPUT", KubeChains.ExternalServices, "kubernetes externally-visible service portals", onlyNew: true),
        Filter("FORWARD", KubeChains.ExternalServices, "kubernetes externally-visible service portals", onlyNew: true),
        Filter("INPUT", KubeChains.NodePorts, "kubernetes health check service ports"),
        Filter("FORWARD", KubeChains.Services, "kubernetes service portals", onlyNew: true),
        Filter("OUTPUT", KubeChains.Services, "kubernetes service portals", onlyNew: true),
        Filter("FORWARD", KubeChains.Forward, "kubernetes forwarding rules"),
        Filter("INPUT", KubeChains.ProxyFirewall, "kubernetes load balancer firewall", onlyNew: true),
        Filter("OUTPUT", KubeChains.ProxyFirewall, "kubernetes load balancer firewall", onlyNew: true),
        Filter("FORWARD", KubeChains.ProxyFirewall, "kubernetes load balancer firewall", onlyNew: true),
        Nat("OUTPUT", KubeChains.Services, "kubernetes service portals"),
        Nat("PREROUTING", KubeChains.Services, "kubernetes service portals"),
        Nat("POSTROUTING", KubeChains.Postrouting, "kubernetes postrouting rules"),
        // Behind all others, so that they end up first, as where a kubelet makes them.
        Filter("INPUT", KubeChains.Firewall, null),
        Filter("OUTPUT", KubeChains.Firewall, null),
    ];

    /// <summary>The chain that it leads to.</summary>
    public string To => ((IptablesTarget.Jump)Rule.Target!).Chain;

    private static KubeJump Filter(string from, string to, string? comment, bool onlyNew = false) => new(IptablesTable.Filter, from, JumpTo(to, comment, onlyNew));

    private static KubeJump Nat(string from, string to, string comment) => new(IptablesTable.Nat, from, JumpTo(to, comment, onlyNew: false));

    private static IptablesRule JumpTo(string to, string? comment, bool onlyNew)
    {
        var matches = new List<IptablesMatch>();
        if (onlyNew)
        {
            matches.Add(new IptablesMatch.State(ConntrackStates.New));
        }

        if (comment is not null)
        {
            matches.Add(new IptablesMatch.Comment(comment));
        }

        return new() { Matches = ValueList.From(matches), Target = new IptablesTarget.Jump(to) };
    }
}
