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
