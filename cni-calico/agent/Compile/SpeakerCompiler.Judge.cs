using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Selectors;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <content>
/// What is wrong with the BGP objects themselves, whether this node uses them or not: every node finds the same, so that what stands in their
/// status does not depend on who wrote it.
/// </content>
internal sealed partial class SpeakerCompiler
{
    /// <summary>The problems of all BGPPeers, BGPFilters and BGPConfigurations; of the snapshot only objects count, not this node.</summary>
    public static IReadOnlyCollection<Problem> Judge(CalicoSnapshot snapshot, IEnumerable<BgpConfiguration> configurations)
    {
        var found = new HashSet<Problem>();
        foreach (var configuration in configurations)
        {
            var compiler = new SpeakerCompiler(snapshot with { Bgp = configuration.Spec });
            compiler.JudgeConfiguration(configuration);
            found.UnionWith(compiler.problems.Select(problem => problem with { Name = configuration.Metadata.Name }));
        }

        var judge = new SpeakerCompiler(snapshot);
        foreach (var peer in snapshot.Peers)
        {
            judge.JudgePeer(peer);
        }

        foreach (var filter in snapshot.Filters.Values)
        {
            judge.JudgeRules(filter, filter.Spec.ExportV4, IpFamily.V4, isExport: true);
            judge.JudgeRules(filter, filter.Spec.ImportV4, IpFamily.V4, isExport: false);
            judge.JudgeRules(filter, filter.Spec.ExportV6, IpFamily.V6, isExport: true);
            judge.JudgeRules(filter, filter.Spec.ImportV6, IpFamily.V6, isExport: false);
        }

        found.UnionWith(judge.problems);
        return found;
    }

    private void JudgeConfiguration(BgpConfiguration configuration)
    {
        var name = configuration.Metadata.Name;
        var spec = configuration.Spec;
        Ranges(spec.ServiceClusterIPs, "serviceClusterIPs");
        Ranges(spec.ServiceExternalIPs, "serviceExternalIPs");
        Ranges(spec.ServiceLoadBalancerIPs, "serviceLoadBalancerIPs");
        AddCommunities(IpFamily.V4, [], []);
        AddCommunities(IpFamily.V6, [], []);
        Seconds("BGPConfiguration", name, "nodeMeshMaxRestartTime", spec.NodeMeshMaxRestartTime, 4095);
        Password("BGPConfiguration", name, spec.NodeMeshPassword, out _);
    }

    private void JudgePeer(BgpPeer peer)
    {
        var spec = peer.Spec;
        try
        {
            CalicoSelector.Parse(spec.NodeSelector);
            CalicoSelector.Parse(spec.PeerSelector);
            CalicoSelector.Parse(spec.LocalWorkloadSelector);
        }
        catch (FormatException e)
        {
            Wrong(peer, e.Message);
            return;
        }

        var family = IpFamily.V4;
        if (spec.LocalWorkloadSelector is { Length: > 0 })
        {
            if (HasPlace(peer) || TheirAsn(peer) is null)
            {
                return;
            }
        }
        else if (spec.PeerSelector is not { Length: > 0 })
        {
            if (End(peer) is not var (address, _) || TheirAsn(peer) is null)
            {
                return;
            }

            family = address.Family;
        }
        else if (spec.PeerIP is { Length: > 0 })
        {
            Wrong(peer, "spec has peerIP and peerSelector; one of them is to go");
            return;
        }

        Password("BGPPeer", peer.Metadata.Name, spec.Password, out _);
        Seconds("BGPPeer", peer.Metadata.Name, "maxRestartTime", spec.MaxRestartTime, 4095);
        Seconds("BGPPeer", peer.Metadata.Name, "keepaliveTime", spec.KeepaliveTime, 21845);
        FiltersOf(peer);
        if (spec.ReachableBy is { Length: > 0 } by && (!IpAddress.TryParse(by, out var gateway) || (spec.PeerIP is { Length: > 0 } && gateway.Family != family)))
        {
            Wrong(peer, $"spec.reachableBy: '{by}' is no address of {spec.PeerIP ?? "the peer"}'s family");
        }
    }

    private void JudgeRules(BgpFilter filter, List<BgpFilterRule> rules, IpFamily family, bool isExport)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            // A neighbour that the rule is for, or it would not be read.
            if (Translate(rules[i], new(family, isExport, rules[i].PeerType == "iBGP" ? asn : asn + 1), []) is { } problem)
            {
                Left(filter, i, problem);
            }
        }
    }
}
