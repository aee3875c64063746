using Podwire.CniFlannel.Agent.Config;
using Podwire.Kube.Objects;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class ScaleTests
{
    [Fact]
    public async Task TwoThousandNodes_AreProgrammed_AndAChangeOfOneTouchesOne()
    {
        await using var cluster = new TestCluster(1);
        for (var number = 0; number < 2000; number++)
        {
            cluster.Nodes.Set(Peer(number, $"10.89.{8 + (number >> 8)}.{number & 255}"));
        }

        cluster[1].Start(new NetConf { NetworkV4 = IpPrefix.Parse("10.0.0.0/8"), EnableNftables = true, Backend = new BackendConf { Type = BackendType.Vxlan } });
        await cluster[1].Agent!.Ready;
        using var route = RouteSocket.Open(cluster[1].Namespace);
        var index = route.GetLink("flannel.1")!.Index;
        Assert.Equal(2000, route.ListRoutes(IpFamily.V4, interfaceIndex: index).Count);
        Assert.Equal(2000, route.ListNeighbours(IpFamily.V4, index).Count(n => n.State == NeighbourState.Permanent));
        Assert.Equal(2000, route.ListFdb(index).Count);
        Assert.Equal(2000, route.ListNextHops(index)!.Count);
        var one = Assert.Single(cluster[1].Ip("-4 route show 10.104.210.0/24"))!;
        Assert.Equal(("10.104.210.0", "flannel.1"), ((string?)one["gateway"], (string?)one["dev"]));
        Assert.Contains("onlink", one["flags"]!.AsArray().Select(static flag => (string?)flag));

        // A next hop takes its route along, and the kernel says nothing of the route.
        var id = (uint)IpAddress.Parse("10.104.210.0").Value;
        cluster[1].Change("ip", $"nexthop del id {id}");
        await TestCluster.UntilAsync("both are back", () => route.ListNextHops(index)!.Count == 2000 && route.ListRoutes(IpFamily.V4, interfaceIndex: index).Count == 2000);
        cluster[1].Change("ip", "route replace 10.104.210.0/24 via 10.89.0.77 dev eth0");
        await TestCluster.UntilAsync("the route is right", () => route.ListRoutes(IpFamily.V4, interfaceIndex: index).Count == 2000);
        cluster[1].Change("ip", $"nexthop replace id {id} via 10.104.210.9 dev flannel.1 onlink");
        await TestCluster.UntilAsync("the next hop is right", () => route.ListNextHops(index)!.Exists(hop => hop.Id == id && hop.Gateway == IpAddress.Parse("10.104.210.0")));
        await TestCluster.UntilAsync("all routes are right", () => route.ListRoutes(IpFamily.V4, interfaceIndex: index).TrueForAll(static entry => entry.Gateway == entry.Destination.First));

        await Task.Delay(300, TestContext.Current.CancellationToken);
        var runs = cluster[1].Agent!.Runs;
        using var monitor = RouteMonitor.Open(cluster[1].Namespace, RouteGroups.RouteV4 | RouteGroups.Neighbour);
        var moved = Peer(1234, "10.89.99.99");
        moved.Metadata.ResourceVersion = "2";
        cluster.Nodes.Set(moved);
        await TestCluster.UntilAsync("the FDB entry follows", () => route.ListFdb(index).Any(entry => entry.Remote == IpAddress.Parse("10.89.99.99")));

        // The kernel's own notification of the change agrees with what shall be: nothing is read again.
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal((runs.Whole, runs.Nodes + 1), cluster[1].Agent!.Runs);
        await cluster[1].StopAsync();
        var seen = new List<RouteNotification>();
        monitor.Read(seen, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        var change = Assert.IsType<RouteNotification.OfFdb>(Assert.Single(seen, n => n is RouteNotification.OfFdb or RouteNotification.OfRoute));
        Assert.Equal(IpAddress.Parse("10.89.99.99"), change.Entry.Remote);

        // And all of them away at once.
        cluster[1].Start(new NetConf { NetworkV4 = IpPrefix.Parse("10.0.0.0/8"), EnableNftables = true, Backend = new BackendConf { Type = BackendType.Vxlan } });
        await cluster[1].Agent!.Ready;
        cluster.Nodes.Replace([cluster.Nodes.Get(null, "node1")!]);
        await TestCluster.UntilAsync("nothing is left", () => route.ListRoutes(IpFamily.V4, interfaceIndex: index).Count + route.ListFdb(index).Count
            + route.ListNeighbours(IpFamily.V4, index).Count(static n => n.State == NeighbourState.Permanent) + route.ListNextHops(index)!.Count == 0);
    }

    [Fact]
    public async Task FiveHundredNodes_EachAddedAndRemoved_EveryEntryIsRight()
    {
        const int count = 500;
        const int burst = 5;
        await using var cluster = new TestCluster(1);
        cluster[1].Start(new NetConf { NetworkV4 = IpPrefix.Parse("10.0.0.0/8"), EnableNftables = true, Backend = new BackendConf { Type = BackendType.Vxlan } });
        await cluster[1].Agent!.Ready;
        using var route = RouteSocket.Open(cluster[1].Namespace);
        var index = route.GetLink("flannel.1")!.Index;
        using var monitor = RouteMonitor.Open(cluster[1].Namespace, RouteGroups.RouteV4);
        var added = Measure(number => cluster.Nodes.Set(Peer(number, Address(number))), removed: false);

        var routes = route.ListRoutes(IpFamily.V4, interfaceIndex: index).ToDictionary(static entry => entry.Destination);
        var neighbours = route.ListNeighbours(IpFamily.V4, index).Where(static entry => entry.State == NeighbourState.Permanent).ToDictionary(static entry => entry.Address);
        var fdb = route.ListFdb(index).ToDictionary(static entry => entry.Mac);
        Assert.Equal((count, count, count), (routes.Count, neighbours.Count, fdb.Count));
        for (var number = 0; number < count; number++)
        {
            var subnet = IpPrefix.Parse($"10.{100 + (number >> 8)}.{number & 255}.0/24");
            var mac = MacAddress.Parse($"0a:00:00:00:{number >> 8:x2}:{number & 255:x2}");
            Assert.Equal((subnet.First, true), (routes[subnet].Gateway, routes[subnet].OnLink));
            Assert.Equal(mac, neighbours[subnet.First].Mac);
            Assert.Equal(IpAddress.Parse(Address(number)), fdb[mac].Remote);
        }

        var gone = Measure(number => cluster.Nodes.Remove(new Kube.ObjectKey(string.Empty, $"peer{number}")), removed: true);
        Assert.Empty(route.ListRoutes(IpFamily.V4, interfaceIndex: index));
        Assert.Empty(route.ListNextHops(index)!);
        Assert.DoesNotContain(route.ListNeighbours(IpFamily.V4, index), static entry => entry.State == NeighbourState.Permanent);
        Assert.Empty(route.ListFdb(index));
        TestContext.Current.SendDiagnosticMessage($"{count} nodes: {Text("added", added)}; {Text("removed", gone)}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{count} nodes: {Text("added", added)}; {Text("removed", gone)}");

        double[] Measure(Action<int> change, bool removed)
        {
            var took = new double[count];
            for (var first = 0; first < count; first += burst)
            {
                // Some at once, as an autoscaler brings them; each one's time is its own.
                var waiting = new Dictionary<IpPrefix, (int Number, long Began)>();
                for (var number = first; number < first + burst; number++)
                {
                    waiting.Add(IpPrefix.Parse($"10.{100 + (number >> 8)}.{number & 255}.0/24"), (number, System.Diagnostics.Stopwatch.GetTimestamp()));
                    change(number);
                }

                while (waiting.Count > 0)
                {
                    var seen = new List<RouteNotification>();
                    Assert.True(monitor.Read(seen, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken), $"{waiting.Count} of nodes {first} to {first + burst - 1} were not changed");
                    foreach (var notification in seen)
                    {
                        if (notification is RouteNotification.OfRoute of && of.Removed == removed && waiting.Remove(of.Route.Destination, out var one))
                        {
                            took[one.Number] = System.Diagnostics.Stopwatch.GetElapsedTime(one.Began).TotalMilliseconds;
                        }
                    }
                }
            }

            Array.Sort(took);
            return took;
        }

        static string Text(string what, double[] took) => $"{what} p50 {took[took.Length / 2]:0.0} ms, p99 {took[took.Length * 99 / 100]:0.0} ms, most {took[^1]:0.0} ms";

        static string Address(int number) => $"10.89.{8 + (number >> 8)}.{number & 255}";
    }

    [Fact]
    public async Task NodesInConflict_AreRefusedByName_AndServedWhenItIsOver()
    {
        await using var cluster = new TestCluster(1);
        cluster[1].Start(new NetConf { NetworkV4 = IpPrefix.Parse("10.0.0.0/8"), EnableNftables = true, Backend = new BackendConf { Type = BackendType.Vxlan } });
        await cluster[1].Agent!.Ready;
        Assert.Contains(cluster[1].Warnings, static text => text.StartsWith("node1: FlannelNetworkOverlaps: the network 10.0.0.0/8 of net-conf.json overlaps the nodes' own: it holds 10.89.0.11 of eth0", StringComparison.Ordinal));
        cluster.Nodes.Set(Peer(7, "10.89.8.7"));
        cluster.Nodes.Set(Renamed(Peer(7, "10.89.8.8"), "twin"));
        await TestCluster.UntilAsync("the second one is refused", () => cluster[1].Warnings.Any(static text => text.StartsWith("twin: FlannelNodeRefused: node node1 does not serve it: its pod subnet 10.100.7.0/24 overlaps that of node peer7", StringComparison.Ordinal)));
        using var route = RouteSocket.Open(cluster[1].Namespace);
        var index = route.GetLink("flannel.1")!.Index;
        Assert.Equal(IpAddress.Parse("10.89.8.7"), Assert.Single(route.ListFdb(index)).Remote);
        cluster.Nodes.Remove(new Kube.ObjectKey(string.Empty, "peer7"));
        await TestCluster.UntilAsync("the second one is served", () => route.ListFdb(index) is [var entry] && entry.Remote == IpAddress.Parse("10.89.8.8"));

        static Node Renamed(Node node, string name)
        {
            node.Metadata.Name = name;
            return node;
        }
    }

    private static Node Peer(int number, string publicIp) => new()
    {
        Metadata =
        {
            Name = $"peer{number}",
            ResourceVersion = "1",
            Annotations =
            {
                ["flannel.alpha.coreos.com/kube-subnet-manager"] = "true",
                ["flannel.alpha.coreos.com/backend-type"] = "vxlan",
                ["flannel.alpha.coreos.com/backend-data"] = $$"""{"VNI":1,"VtepMAC":"0a:00:00:00:{{number >> 8:x2}}:{{number & 255:x2}}"}""",
                ["flannel.alpha.coreos.com/public-ip"] = publicIp,
            },
        },
        Spec = { PodCIDR = $"10.{100 + (number >> 8)}.{number & 255}.0/24" },
    };
}
