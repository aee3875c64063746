using Podwire.CniCalico.Agent.Compile;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Agent;

/// <content>Objects that make no sense.</content>
internal sealed partial class CalicoAgent
{
    /// <summary>Objects that make no sense: in the log and as an event, once until it changes.</summary>
    private void Tell(SpeakerPlan bgp, RoutePlan plan, CalicoSnapshot snapshot, Dictionary<(string Kind, string Name), long?> generations)
    {
        var alike = Judge(snapshot, plan);
        var now = new HashSet<Problem>(alike);
        now.UnionWith(bgp.Problems);
        foreach (var problem in now)
        {
            if (!told.Contains(problem))
            {
                CalicoLog.ObjectRefused(logger, problem.Kind, problem.Name, problem.Text);
                events.Warning(new RawObject { ApiVersion = CalicoResources.ApiVersion, Kind = problem.Kind, Metadata = { Name = problem.Name } }, "CalicoObjectRefused", problem.Text);
            }
        }

        told = now;
        sessions.Peers = bgp.Peers;
        Status.Tell(generations, alike);
        if (bgp.MeshSize >= 100 && warnedMesh < 100)
        {
            CalicoLog.LargeMesh(logger, bgp.MeshSize);
            if (snapshot.Others.All(other => string.CompareOrdinal(options.NodeName, other.Name) < 0))
            {
                // Of all nodes the first says it to everybody.
                var about = new RawObject { ApiVersion = CalicoResources.ApiVersion, Kind = "BGPConfiguration", Metadata = { Name = "default" } };
                events.Warning(about, "LargeMesh", $"a full mesh of {bgp.MeshSize} nodes: use route reflectors (nodeToNodeMeshEnabled false, BGPPeers with peerSelector)");
            }
        }

        warnedMesh = bgp.MeshSize;
    }

    /// <summary>What every node finds alike.</summary>
    private HashSet<Problem> Judge(CalicoSnapshot snapshot, RoutePlan plan)
    {
        var found = new HashSet<Problem>(SpeakerCompiler.Judge(snapshot, Watch.Configurations.List()));
        found.UnionWith(plan.Problems);
        foreach (var (name, text) in snapshot.Pools.Problems)
        {
            found.Add(new Problem("IPPool", name, text));
        }

        foreach (var block in Watch.Blocks.List())
        {
            if (BlockRecord.Read(block) is not { } record)
            {
                found.Add(new Problem("IPAMBlock", block.Metadata.Name, $"spec.cidr: '{block.Spec.Cidr}' is not a network"));
            }
            else if (snapshot.Pools.Of(record.Cidr) is null)
            {
                found.Add(new Problem("IPAMBlock", block.Metadata.Name, $"{record.Cidr} lies in no IPPool"));
            }
        }

        return found;
    }
}
