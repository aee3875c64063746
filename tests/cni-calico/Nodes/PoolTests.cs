using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>What pools say, as pods get it and packets show it.</summary>
public class PoolTests
{
    [Fact]
    public async Task Pools_SelectorsMtuAndDisabled_AreWhatPodsGet()
    {
        await using var network = await CalicoNetwork.StartAsync(2);
        await network.Api.PoolAsync("one", "10.244.0.0/24", static spec => (spec.NodeSelector, spec.NamespaceSelector) = ("number == '1'", "!has(team)"));
        await network.Api.PoolAsync("two", "10.245.0.0/24", static spec => (spec.NodeSelector, spec.NamespaceSelector) = ("number == '2'", "!has(team)"));
        await network.StartNodesAsync();
        network[1].HasState = network[2].HasState = true;

        // By the node that they are on; nothing is in the way, so the link's MTU is theirs.
        var (one, two) = (await AttachAsync(network[1], "one"), await AttachAsync(network[2], "two"));
        Assert.Equal(("10.244.0.", "10.245.0."), (one.Address.ToString()[..9], two.Address.ToString()[..9]));
        await CalicoNetwork.AssertReachesAsync(one, two);
        Assert.Equal((1500, 1500), (MtuOf(one), MtuOf(two)));

        // By their namespace; the pool's tunnel takes 50 octets of every pod's packets from now on.
        await network.Api.PoolAsync("blue", "10.246.0.0/24", static spec => (spec.NamespaceSelector, spec.VxlanMode) = ("team == 'blue'", "Always"));
        await network.ChangeAsync(KubeResources.Namespaces, "default", static ns => ns.Metadata.Labels["team"] = "blue");
        foreach (var number in (int[])[1, 2])
        {
            await CalicoNetwork.UntilAsync("the tunnel is up", () => network[number].Ip("route").Contains("dev vxlan.calico", StringComparison.Ordinal) ? null : network[number].Log);
        }

        var (three, four) = (await AttachAsync(network[1], "three"), await AttachAsync(network[2], "four"));
        Assert.Equal(("10.246.0.", "10.246.0."), (three.Address.ToString()[..9], four.Address.ToString()[..9]));
        Assert.Equal((1450, 1450, 1500), (MtuOf(three), MtuOf(four), MtuOf(one)));
        Assert.Contains("mtu 1450", network[1].Ip("link show vxlan.calico"), StringComparison.Ordinal);
        await CalicoNetwork.AssertReachesAsync(three, four);
        await CalicoNetwork.AssertReachesAsync(one, four);

        // A disabled pool gives no more addresses, and those that it gave go on.
        await network.ChangeAsync(CalicoResources.IpPools, "blue", static pool => pool.Spec.Disabled = true);
        var late = await network[1].PodAsync("late");
        await CalicoNetwork.UntilAsync("no address", () =>
        {
            var (code, answer) = network[1].Call("ADD", late);
            network[1].Call("DEL", late);
            return code != 0 && (string)answer["msg"]! == "no enabled IPPool of IPv4 is for this node and namespace" ? null : $"{code} {answer.ToJsonString()}";
        });
        await CalicoNetwork.AssertReachesAsync(four, three);
        await network.ChangeAsync(KubeResources.Namespaces, "default", static ns => ns.Metadata.Labels.Remove("team"));
        Assert.StartsWith("10.244.0.", (await AttachAsync(network[1], "five")).Address.ToString(), StringComparison.Ordinal);

        // An operator's route where the agent's would be stays until the operator takes it away.
        network[1].Ip("route add 10.248.0.0/26 via 10.89.0.1 proto static");
        await network.Api.PoolAsync("held", "10.248.0.0/26", static spec => (spec.VxlanMode, spec.NamespaceSelector) = ("Always", "nobody == 'yet'"));
        await network.ChangeAsync(KubeResources.Namespaces, "default", static ns => ns.Metadata.Labels["nobody"] = "yet");
        (await network[2].PodAsync("six", static pod => pod.Metadata.Annotations["cni.projectcalico.org/ipv4pools"] = """["held"]""")).Attach();
        await CalicoNetwork.UntilAsync("it is told", () => network[1].Log.Contains("10.248.0.0/26: a route of somebody else's", StringComparison.Ordinal) ? null : network[1].Log);
        Assert.Equal("10.248.0.0/26 via 10.89.0.1 dev eth0 proto static", network[1].Ip("route show 10.248.0.0/26").Trim());
        network[1].Ip("route del 10.248.0.0/26");
        await CalicoNetwork.UntilAsync("ours comes", () => network[1].Ip("route show 10.248.0.0/26").Contains("dev vxlan.calico proto 81", StringComparison.Ordinal) ? null : $"{network[1].Ip("route")}\n{network[1].Log}");
    }

    /// <summary>A pool of one block: the second node borrows from it, and all reach that address as a /32; with strictAffinity the third has none.</summary>
    [Fact]
    public async Task Borrowed_IsReachedFromEverywhere_AndStrictAffinityForbidsIt()
    {
        await using var network = await CalicoNetwork.StartAsync(3);
        await network.Api.PoolAsync("small", "10.247.0.0/26");
        await network.StartNodesAsync();
        var owner = await AttachAsync(network[1], "owner");
        var pod = await AttachAsync(network[2], "borrower");
        await network.Api.Client.CreateAsync(CalicoResources.IpamConfigs, new IpamConfig { Metadata = { Name = "default" }, Spec = { StrictAffinity = true, AutoAllocateBlocks = true } }, TestApi.Cancel);
        var last = await network[3].PodAsync("last");
        await CalicoNetwork.UntilAsync("it may not borrow", () =>
        {
            var (code, answer) = network[3].Call("ADD", last);
            network[3].Call("DEL", last);
            return code != 0 && ((string)answer["msg"]!).Contains("strictAffinity", StringComparison.Ordinal) ? null : $"{code} {answer.ToJsonString()}";
        });
        await network.ChangeAsync(CalicoResources.IpamConfigs, "default", static config => config.Spec.StrictAffinity = false);
        await CalicoNetwork.UntilAsync("it may borrow", () => network[3].Call("ADD", last) is var (code, answer) && code == 0 ? null : answer.ToJsonString());
        last.Attach();
        await CalicoNetwork.AssertReachesAsync(owner, pod);
        await CalicoNetwork.AssertReachesAsync(pod, last);
        await CalicoNetwork.AssertReachesAsync(last, owner);
        Assert.Contains($"{pod.Address} via 10.89.0.12 dev eth0 proto 80", network[1].Ip("route"), StringComparison.Ordinal);
        Assert.Contains($"{pod.Address} via 10.89.0.12 dev eth0 proto 80", network[3].Ip("route"), StringComparison.Ordinal);
        Assert.Contains("10.247.0.0/26 via 10.89.0.11 dev eth0 proto 80", network[2].Ip("route"), StringComparison.Ordinal);
        Assert.Single(await network.Api.AffinitiesAsync());

        // Given back twice, it is free once, and the way to it goes.
        Assert.Equal((0, 0), (network[2].Call("DEL", pod).Code, network[2].Call("DEL", pod).Code));
        await CalicoNetwork.UntilAsync("its way is gone", () => network[1].Ip("route") is var routes && routes.Contains($"{pod.Address} via", StringComparison.Ordinal) ? routes : null);
    }

    private static async Task<CalicoPod> AttachAsync(CalicoNode node, string name) => (await node.PodAsync(name)).Attach();

    private static int MtuOf(CalicoPod pod) => (int)pod.Result["interfaces"]![1]!["mtu"]! is var told && CalicoNetwork.Run("ip", ["-n", pod.Namespace.Path["/run/netns/".Length..], "link", "show", "eth0"]).Contains($"mtu {told} ", StringComparison.Ordinal) ? told : -1;
}
