using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.NodeIpam;

/// <summary>Gives every node its pod networks (spec.podCIDR, spec.podCIDRs) out of the cluster networks.</summary>
internal sealed class NodeIpamController : LoopController
{
    private readonly ControllerContext context;
    private readonly EventRecorder events;
    private readonly Dictionary<string, NodeCidrAssignment> assumed = new(StringComparer.Ordinal);

    /// <summary>A controller over the shared feeds.</summary>
    public NodeIpamController(ControllerContext context)
        : base("node-ipam", context.Loggers.CreateLogger("node-ipam"), TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30), context.Time)
    {
        this.context = context;
        events = context.Recorder("cidrAllocator");
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() =>
        [When(context.Feeds.Nodes, change => change.IsAdded || change.IsDeleted || NodeCidrPlan.Networks(change.New!).Count == 0 || NodeCidrPlan.Networks(change.Old!).Count == 0)];

    /// <inheritdoc/>
    protected override async Task SyncAsync(CancellationToken cancel)
    {
        var nodes = context.Feeds.Nodes.Store.List();
        foreach (var gone in assumed.Keys.Except(nodes.Where(node => NodeCidrPlan.Networks(node).Count == 0).Select(node => node.Metadata.Uid ?? string.Empty)).ToList())
        {
            assumed.Remove(gone);
        }

        var plan = NodeCidrPlan.Compile(nodes, context.Options.ClusterNetworks, assumed);
        foreach (var assignment in plan.Assign)
        {
            await AssignAsync(assignment, cancel).ConfigureAwait(false);
        }

        foreach (var node in plan.Exhausted)
        {
            ControllersLog.NetworksExhausted(Logger, node.Metadata.Name);
            events.Normal(node, "CIDRNotAvailable", $"Node {node.Metadata.Name} status is now: CIDRNotAvailable");
        }
    }

    private async Task AssignAsync(NodeCidrAssignment assignment, CancellationToken cancel)
    {
        assumed[assignment.Uid] = assignment;
        var networks = assignment.Networks.Select(network => network.ToString()).ToList();
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = assignment.Uid },
            ["spec"] = new JsonObject
            {
                ["podCIDR"] = networks[0],
                ["podCIDRs"] = new JsonArray([.. networks.Select(network => (JsonNode)JsonValue.Create(network))]),
            },
        };
        try
        {
            await context.Client.PatchAsync(KubeResources.Nodes, null, assignment.Node, KubePatch.Strategic(patch), cancel).ConfigureAwait(false);
            ControllersLog.NetworksAssigned(Logger, assignment.Node, string.Join(',', networks));
        }
        catch (KubeApiException refused) when (!refused.IsTransient)
        {
            // The node is gone, or has got a network from elsewhere: what was meant for it is free again.
            assumed.Remove(assignment.Uid);
            if (!refused.IsNotFound)
            {
                throw;
            }
        }
    }
}
