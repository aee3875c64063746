using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>What somebody else takes away or changes is repaired because the kernel tells of it: the agents here compare by themselves once an hour.</summary>
public class DriftTests
{
    [Fact]
    public async Task KernelObjects_TakenAwayOrChangedByOthers_ComeBackAtOnce_AndOwnChangesMakeNoWork()
    {
        await using var network = await CalicoNetwork.StartAsync(2);
        await network.Api.PoolAsync("bgp", "10.244.0.0/16", static spec => spec.NatOutgoing = true);
        await network.Api.PoolAsync("vxlan", "10.245.0.0/16", static spec => (spec.VxlanMode, spec.NatOutgoing) = ("Always", true));
        await network.StartNodesAsync("--resync-period", "1h", "-v", "4");
        network[1].Mtu = network[2].Mtu = 1450;
        var node = network[1];
        var one = await AttachAsync(network[1], "one", "bgp");
        var two = await AttachAsync(network[2], "two", "bgp");
        var tunnelledOne = await AttachAsync(network[1], "three", "vxlan");
        var tunnelledTwo = await AttachAsync(network[2], "four", "vxlan");
        await CalicoNetwork.AssertReachesAsync(one, two);
        await CalicoNetwork.AssertReachesAsync(tunnelledOne, tunnelledTwo);
        var (own, learned, behind) = (new IpPrefix(one.Address, 26).Masked, new IpPrefix(two.Address, 26).Masked, new IpPrefix(tunnelledTwo.Address, 26).Masked);

        // Pods that come and go, here and there, are nobody's drift.
        await CalicoNetwork.UntilAsync("all is quiet", async () =>
        {
            var before = Differences(node);
            await Task.Delay(300, TestApi.Cancel);
            return before == Differences(node) ? null : "the kernel still differs";
        });
        var differences = Differences(node);
        var passing = await AttachAsync(node, "five", "bgp");
        Assert.Equal(0, node.Call("DEL", passing).Code);
        Assert.Equal(0, network[2].Call("DEL", await AttachAsync(network[2], "six", "vxlan")).Code);
        Assert.Equal(differences, Differences(node));

        // The agent's own routes, and what the speaker learned.
        await ComesBackAsync(node, $"route del blackhole {own}", "route", $"blackhole {own} proto 81");
        await ComesBackAsync(node, $"route del {behind}", "route", $"{behind} via 10.245");
        await ComesBackAsync(node, $"route change {behind} via 10.89.0.1 proto 81", "route", $"{behind} via 10.245");
        await ComesBackAsync(node, $"route del {learned}", "route", $"{learned} via 10.89.0.12 dev eth0 proto 80");
        await ComesBackAsync(node, $"route change {learned} via 10.89.0.1 proto 80", "route", $"{learned} via 10.89.0.12 dev eth0 proto 80");
        await ComesBackAsync(node, $"route replace {learned} via 10.89.0.1", "route", $"{learned} via 10.89.0.12 dev eth0 proto 80");
        node.Ip("route add 10.246.0.0/26 via 10.89.0.1 proto 81");
        await CalicoNetwork.UntilAsync("a route that nobody wants goes", () => node.Ip("route").Contains("10.246.", StringComparison.Ordinal) ? node.Ip("route") : null);

        // The tunnel's device and what belongs to it.
        var (address, remote) = (Line(node.Ip("-o -4 addr show dev vxlan.calico"), 3), Line(node.Ip("neigh show dev vxlan.calico nud permanent"), 0));
        await ComesBackAsync(node, $"addr del {address} dev vxlan.calico", "-4 addr show dev vxlan.calico", $"inet {address}");
        await ComesBackAsync(node, "link set vxlan.calico mtu 1300", "link show vxlan.calico", "mtu 1450");
        await ComesBackAsync(node, "link set vxlan.calico down", "route", $"{behind} via {remote} dev vxlan.calico");
        await ComesBackAsync(node, $"neigh del {remote} dev vxlan.calico", "neigh show dev vxlan.calico nud permanent", remote);
        node.Bridge("fdb", "del", Line(node.Bridge("fdb", "show", "dev", "vxlan.calico"), 0), "dev", "vxlan.calico", "dst", "10.89.0.12");
        await CalicoNetwork.UntilAsync("the other node's address is back", () => node.Bridge("fdb", "show", "dev", "vxlan.calico").Contains("dst 10.89.0.12", StringComparison.Ordinal) ? null : node.Log);
        await ComesBackAsync(node, "link del vxlan.calico", "route", $"{behind} via {remote} dev vxlan.calico");
        await CalicoNetwork.AssertReachesAsync(tunnelledOne, tunnelledTwo);

        // The rules.
        foreach (var command in (string[])["delete table ip podwire-calico", "flush table ip podwire-calico"])
        {
            node.Nft(command);
            await CalicoNetwork.UntilAsync($"the rules are back after {command}", () => node.Nft("list ruleset").Contains("masquerade", StringComparison.Ordinal) ? null : node.Log);
        }

        Assert.Equal("10.89.0.11", network.SeenOutside(one).ToString());

        // A link that goes down takes its routes along without a word for each.
        node.Ip("link set eth0 down");
        node.Ip("link set eth0 up");
        await CalicoNetwork.UntilAsync("the routes are back", () => node.Ip("route").Contains($"{learned} via 10.89.0.12 dev eth0 proto 80", StringComparison.Ordinal) ? null : $"{node.Ip("route")}\n{node.Log}");
        await CalicoNetwork.AssertReachesAsync(one, two);
        await CalicoNetwork.AssertReachesAsync(tunnelledOne, tunnelledTwo);
    }

    private static async Task<CalicoPod> AttachAsync(CalicoNode node, string name, string pool) =>
        (await node.PodAsync(name, pod => pod.Metadata.Annotations["cni.projectcalico.org/ipv4pools"] = $"[\"{pool}\"]")).Attach();

    private static int Differences(CalicoNode node) => node.Log.Split("The kernel is not as it has to be").Length;

    private static string Line(string text, int word) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[word];

    private static async Task ComesBackAsync(CalicoNode node, string change, string show, string shown)
    {
        Assert.Contains(shown, node.Ip(show), StringComparison.Ordinal);
        node.Ip(change);
        await CalicoNetwork.UntilAsync($"«{shown}» is back after {change}", () => node.Ip(show).Contains(shown, StringComparison.Ordinal) ? null : $"{node.Ip(show)}\n{node.Log}");
    }
}
