using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.BgpDaemon.Config;
using Podwire.BgpDaemon.Loop;
using Podwire.CniCalico.Agent.Compile;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>localWorkloadSelector: a node has sessions with its own pods, and the way to what they announce.</summary>
public class WorkloadPeerTests
{
    [Fact]
    public void Selector_TakesTheNodesOwnPods_AtTheirAddresses()
    {
        var peer = new BgpPeer { Metadata = { Name = "pods" }, Spec = { LocalWorkloadSelector = "app == 'router'", AsNumber = 65010 } };
        var snapshot = new CalicoSnapshot
        {
            Self = new NodeRecord { Name = "node1", V4 = IpPrefix.Parse("10.89.0.11/24") },
            Peers = [peer],
            Workloads = [new("default/a", new Dictionary<string, string> { ["app"] = "router" }, [IpAddress.Parse("10.244.0.1"), IpAddress.Parse("fd00::1")]), new("default/b", new Dictionary<string, string>(), [IpAddress.Parse("10.244.0.2")])],
        };
        var plan = SpeakerCompiler.Compile(snapshot)!;
        var neighbor = Assert.Single(new ConfigReader().Parse(plan.Json).Neighbors);
        Assert.Equal(("10.244.0.1", 65010u, "default/a"), (neighbor.Session.Address.ToString(), neighbor.Session.Asn, neighbor.Description));
        Assert.Empty(plan.Problems);
        Assert.Empty(SpeakerCompiler.Judge(snapshot, []));
        peer.Spec.PeerIP = "10.0.0.1";
        Assert.Contains("localWorkloadSelector and peerIP", Assert.Single(SpeakerCompiler.Judge(snapshot, [])).Text, StringComparison.Ordinal);
        (peer.Spec.PeerIP, peer.Spec.AsNumber) = (null, null);
        Assert.Contains("spec.asNumber is missing", Assert.Single(SpeakerCompiler.Judge(snapshot, [])).Text, StringComparison.Ordinal);
        Assert.Empty(new ConfigReader().Parse(SpeakerCompiler.Compile(snapshot)!.Json).Neighbors);
    }

    [Fact]
    public async Task PodThatSpeaksBgp_IsItsNodesNeighbour_AndItsNetworkIsReached_UntilItEnds()
    {
        await using var network = await CalicoNetwork.StartAsync(1);
        await network.Api.PoolAsync("v4", "10.244.0.0/16");
        await network.StartNodesAsync();
        var node = network[1];
        var pod = (await node.PodAsync("router", static pod => pod.Metadata.Labels["app"] = "router")).Attach();
        var peer = new BgpPeer { Metadata = { Name = "pods" }, Spec = { NodeSelector = "all()", LocalWorkloadSelector = "app == 'router'", AsNumber = 65010 } };
        await network.Api.Client.CreateAsync(CalicoResources.BgpPeers, peer, TestApi.Cancel);
        var config = new JsonObject
        {
            ["asn"] = 65010,
            ["routerId"] = pod.Address.ToString(),
            ["listen"] = new JsonArray(new JsonObject { ["address"] = "0.0.0.0" }),
            ["stateSocket"] = null,
            ["neighbors"] = new JsonArray(new JsonObject { ["address"] = "10.89.0.11", ["asn"] = 64512, ["passive"] = true }),
            ["networks"] = new JsonArray("192.0.2.0/24"),
        };
        using var speaker = pod.Namespace.Run(() => new SpeakerLoop(new ConfigReader().Parse(config.ToJsonString()), NullLogger.Instance));
        var running = Task.Factory.StartNew(speaker.Run, TestApi.Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            // The kubelet's part: the API server is told of the address.
            await network.ChangeStatusAsync("router", pod.Address);
            var name = (string)pod.Result["interfaces"]![0]!["name"]!;
            await CalicoNetwork.UntilAsync("the pod's network has a way", () => node.Ip("route").Contains($"192.0.2.0/24 via {pod.Address} dev {name} proto 80", StringComparison.Ordinal) ? null : $"{node.Ip("route")}\n{node.Log}");
            await network.Api.Client.DeleteAsync(KubeResources.Pods, "default", "router", TestApi.Cancel, new DeleteOptions { GracePeriodSeconds = 0 });
            await CalicoNetwork.UntilAsync("the way is gone with the pod", () => node.Ip("route").Contains("192.0.2.0/24", StringComparison.Ordinal) ? $"{node.Ip("route")}\n{node.Log}" : null);
        }
        finally
        {
            speaker.End();
            await running;
        }
    }
}
