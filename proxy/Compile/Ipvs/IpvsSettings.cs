using Podwire.Primitives;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;
using Podwire.Ruleset;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>What one family depends on beside the Services.</summary>
/// <param name="Common">What the modes have in common.</param>
/// <param name="Scheduler">The scheduler of every service.</param>
/// <param name="NodeAddresses">The addresses of the node but for those on kube-ipvs0, loopback and link-local ones, in order.</param>
internal sealed record IpvsSettings(TableSettings Common, string Scheduler, ValueList<IpAddress> NodeAddresses)
{
    /// <summary>The family.</summary>
    public IpFamily Family => Common.Family;

    /// <summary>The addresses at which node ports listen: IPVS knows no «any address».</summary>
    public IEnumerable<IpAddress> NodePortAddresses => NodeAddresses.Where(address => Common.NodePortAddresses is not { } prefixes || prefixes.Any(prefix => prefix.Contains(address)));

    /// <summary>Flags that go with the scheduler: mh hashes the port too, or every client of one address would be at one endpoint.</summary>
    public IpvsServiceFlags SchedulerFlags => Scheduler == IpvsSchedulers.MaglevHashing ? IpvsServiceFlags.SourceHashPort : IpvsServiceFlags.None;

    /// <summary>The settings for a family on this node.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="node">The node as the API has it.</param>
    /// <param name="family">The family.</param>
    /// <param name="local">The addresses of all interfaces but kube-ipvs0.</param>
    public static IpvsSettings Of(ProxyOptions options, NodeState node, IpFamily family, IEnumerable<IpAddress> local) => new(
        TableSettings.Of(options, node, family),
        options.Ipvs.Scheduler,
        ValueList.From(local.Where(address => address.Family == family && !address.IsLoopback && !address.IsLinkLocal).Distinct().InOrder()));
}
