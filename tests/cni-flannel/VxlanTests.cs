using Podwire.CniFlannel.Agent.Config;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class VxlanTests
{
    private static readonly BackendConf Vxlan = new() { Type = BackendType.Vxlan };

    [Fact]
    public async Task ThreeNodes_PodsReachEachOther_AndTheKernelHoldsWhatFlanneldWrites()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        await TestCluster.AssertReachesAsync(cluster[3], cluster[1]);

        var link = cluster[1].Ip("link show flannel.1")[0]!;
        var data = link["linkinfo"]!["info_data"]!;
        Assert.Equal(1450, (int)link["mtu"]!);
        Assert.Equal((1, 8472, "10.89.0.11", "eth0"), ((int)data["id"]!, (int)data["port"]!, (string)data["local"]!, (string)data["link"]!));
        Assert.False((bool)data["learning"]!);
        var address = cluster[1].Ip("address show dev flannel.1")[0]!["addr_info"]!.AsArray();
        Assert.Equal("10.244.1.0/32", string.Join(' ', address.Select(a => $"{a!["local"]}/{a["prefixlen"]}")));

        var mac2 = (string)cluster[2].Ip("link show flannel.1")[0]!["address"]!;
        var route = cluster[1].Ip("-4 route show 10.244.2.0/24")[0]!;
        Assert.Equal(("10.244.2.0", "flannel.1"), ((string)route["gateway"]!, (string)route["dev"]!));
        Assert.Contains("onlink", route["flags"]!.AsArray().Select(flag => (string?)flag));
        Assert.Contains(cluster[1].Ip("neigh show dev flannel.1"), n => (string)n!["dst"]! == "10.244.2.0" && (string?)n["lladdr"] == mac2);
        Assert.Contains(cluster[1].Bridge("fdb show dev flannel.1"), f => (string)f!["mac"]! == mac2 && (string?)f["dst"] == "10.89.0.12");

        Assert.Equal(
            "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n",
            await File.ReadAllTextAsync(cluster[1].SubnetFile, TestContext.Current.CancellationToken));
        var annotations = cluster.Nodes.Get(null, "node2")!.Metadata.Annotations;
        Assert.Equal("true", annotations["flannel.alpha.coreos.com/kube-subnet-manager"]);
        Assert.Equal("vxlan", annotations["flannel.alpha.coreos.com/backend-type"]);
        Assert.Equal("10.89.0.12", annotations["flannel.alpha.coreos.com/public-ip"]);
        Assert.Equal($$"""{"VNI":1,"VtepMAC":"{{mac2}}"}""", annotations["flannel.alpha.coreos.com/backend-data"]);
    }

    [Fact]
    public async Task NodeRemovedAndBack_ItsEntriesFollow()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        var node3 = cluster.Nodes.Get(null, "node3")!;
        await cluster[3].StopAsync();
        cluster.Nodes.Remove(Kube.ObjectKey.Of(node3));
        await TestCluster.UntilAsync("node1 forgot node3", () => cluster.Routes(cluster[1]) is ["10.244.2.0/24"]
            && cluster[1].Ip("neigh show dev flannel.1").Count == 1
            && cluster[1].Bridge("fdb show dev flannel.1").Count == 1);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);

        cluster.Nodes.Set(node3);
        await TestCluster.UntilAsync("node1 knows node3 again", () => cluster.Routes(cluster[1]).Count == 2);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[3]);
    }

    [Fact]
    public async Task NodeMovesToAnotherAddress_TheFdbFollows()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        cluster[2].Change("ip", "address del 10.89.0.12/24 dev eth0");
        cluster[2].Change("ip", "address add 10.89.0.99/24 dev eth0");
        await TestCluster.UntilAsync("node1 sends to the new address", () => cluster[1].Bridge("fdb show dev flannel.1").Any(f => (string?)f!["dst"] == "10.89.0.99"));
        await TestCluster.UntilAsync("node2 sends from the new address", () => cluster[2].Ip("link show flannel.1") is [var link] && (string?)link!["linkinfo"]!["info_data"]!["local"] == "10.89.0.99");
        await TestCluster.UntilAsync("node2 has its route again", () => cluster.Routes(cluster[2]).Count == 1);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Theory]
    [InlineData("ip", "route del 10.244.2.0/24")]
    [InlineData("ip", "neigh del 10.244.2.0 dev flannel.1")]
    [InlineData("ip", "neigh replace 10.244.2.0 lladdr 0a:00:00:00:00:99 nud permanent dev flannel.1")]
    [InlineData("ip", "neigh add 10.244.77.0 lladdr 0a:00:00:00:00:99 nud permanent dev flannel.1")]
    [InlineData("bridge", "fdb append 0a:00:00:00:00:99 dev flannel.1 dst 10.89.0.77")]
    [InlineData("ip", "route add 10.244.77.0/24 via 10.244.77.0 dev flannel.1 onlink")]
    [InlineData("ip", "route replace 10.244.2.0/24 via 10.89.0.12 dev eth0")]
    [InlineData("ip", "address del 10.244.1.0/32 dev flannel.1")]
    [InlineData("ip", "link set flannel.1 mtu 1300")]
    [InlineData("ip", "link set flannel.1 type vxlan learning")]
    [InlineData("ip", "link set flannel.1 address 0a:00:00:00:00:99")]
    [InlineData("ip", "link set flannel.1 down")]
    [InlineData("ip", "link del flannel.1")]
    public async Task ForeignChange_IsRepairedAtTheKernelsNotification(string program, string arguments)
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        var before = Picture(cluster[1]);
        cluster[1].Change(program, arguments);
        await TestCluster.UntilAsync("the kernel holds what it held before", () => Picture(cluster[1]) == before);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task FdbEntryDeleted_IsRepaired()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        var before = Picture(cluster[1]);
        var mac2 = (string)cluster[2].Ip("link show flannel.1")[0]!["address"]!;
        cluster[1].Change("bridge", $"fdb del {mac2} dev flannel.1");
        await TestCluster.UntilAsync("the kernel holds what it held before", () => Picture(cluster[1]) == before);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task Restart_AdoptsWhatIsThere_AndRemovesWhatIsStale()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        var before = Picture(cluster[1]);
        var index = (int)cluster[1].Ip("link show flannel.1")[0]!["ifindex"]!;
        using var conversation = await PodConversation.OpenAsync(cluster[1], cluster[2]);
        await conversation.SayAsync();
        await cluster[1].StopAsync();
        Assert.Equal(before, Picture(cluster[1]));
        await conversation.SayAsync();
        cluster[1].Change("ip", "route add 10.244.9.0/24 via 10.244.9.0 dev flannel.1 onlink");
        cluster[1].Change("ip", "neigh add 10.244.9.0 lladdr 0a:00:00:00:00:99 nud permanent dev flannel.1");
        cluster[1].Change("bridge", "fdb append 0a:00:00:00:00:99 dev flannel.1 dst 10.89.0.19");
        cluster[1].Change("ip", "route add 192.0.2.0/24 via 10.89.0.12 dev eth0");

        cluster[1].Start(TestCluster.NetConf(Vxlan));
        await cluster[1].Agent!.Ready;
        Assert.Equal(before, Picture(cluster[1]));
        Assert.Equal(index, (int)cluster[1].Ip("link show flannel.1")[0]!["ifindex"]!);
        Assert.Single(cluster[1].Ip("-4 route show 192.0.2.0/24"));
        await conversation.SayAsync();
        await TestCluster.AssertReachesAsync(cluster[2], cluster[1]);
    }

    [Fact]
    public async Task DeviceDeleted_OpenConnectionsGoOn()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        using var conversation = await PodConversation.OpenAsync(cluster[1], cluster[2]);
        await conversation.SayAsync();
        cluster[1].Change("ip", "link del flannel.1");
        await conversation.SayAsync();
    }

    [Fact]
    public async Task TakeOverFromFlanneld_KeepsItsDeviceAndMac()
    {
        await using var cluster = new TestCluster(2);
        cluster[1].Change("ip", "link add flannel.1 address 8a:4d:42:c7:02:11 mtu 1450 type vxlan id 1 local 10.89.0.11 dev eth0 dstport 8472 nolearning");
        cluster[1].Change("ip", "address add 10.244.1.0/32 dev flannel.1");
        cluster[1].Change("ip", "link set flannel.1 up");
        var index = (int)cluster[1].Ip("link show flannel.1")[0]!["ifindex"]!;
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        var link = cluster[1].Ip("link show flannel.1")[0]!;
        Assert.Equal((index, "8a:4d:42:c7:02:11"), ((int)link["ifindex"]!, (string)link["address"]!));
        await TestCluster.AssertReachesAsync(cluster[2], cluster[1]);
    }

    [Theory]
    [InlineData("type vxlan id 1 local 10.89.0.11 dev eth0 dstport 4789 nolearning")]
    [InlineData("type vxlan id 1 local 10.89.0.11 dev eth0 dstport 8472 learning")]
    [InlineData("type vxlan id 1 local 10.89.0.11 dev cni0 dstport 8472 nolearning")]
    [InlineData("type vxlan id 1 local 10.89.0.11 dev eth0 dstport 8472 nolearning gbp")]
    [InlineData("type vxlan id 1 local 10.89.0.11 dev eth0 dstport 8472 nolearning l2miss l3miss")]
    [InlineData("type vxlan id 2 local 10.89.0.11 dev eth0 dstport 8472 nolearning")]
    [InlineData("type bridge")]
    public async Task DeviceOfOtherMake_IsMadeAnew(string make)
    {
        await using var cluster = new TestCluster(2);
        cluster[1].Change("ip", $"link add flannel.1 {make}");
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        var data = cluster[1].Ip("link show flannel.1")[0]!["linkinfo"]!["info_data"]!;
        Assert.Equal((1, 8472, "eth0"), ((int)data["id"]!, (int)data["port"]!, (string)data["link"]!));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task GroupPolicyAndLearning_AreTheDevices()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan with { Gbp = true, Learning = true }));
        var data = cluster[1].Ip("link show flannel.1")[0]!["linkinfo"]!["info_data"]!;
        Assert.True((bool)data["learning"]!);
        Assert.NotNull(data["gbp"]);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task RestartWithAnotherVni_RemovesTheOldDevice()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        foreach (var node in cluster.All)
        {
            await node.StopAsync();
        }

        await cluster.StartAsync(TestCluster.NetConf(Vxlan with { Vni = 42, Port = 4789 }));
        foreach (var node in cluster.All)
        {
            var link = Assert.Single(node.Ip("link show type vxlan"))!;
            Assert.Equal("flannel.42", (string?)link["ifname"]);
            Assert.Equal(4789, (int)link["linkinfo"]!["info_data"]!["port"]!);
        }

        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task DirectRouting_TakesTheLink()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan with { DirectRouting = true }));
        var route = cluster[1].Ip("-4 route show 10.244.2.0/24")[0]!;
        Assert.Equal(("10.89.0.12", "eth0"), ((string)route["gateway"]!, (string)route["dev"]!));
        Assert.Empty(cluster[1].Ip("neigh show dev flannel.1"));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task DualStack_PodsReachEachOtherInBothFamilies()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan, dualStack: true));
        await TestCluster.UntilAsync("the IPv6 routes", () => cluster.All.All(node => node.Ip("-6 route show dev flannel-v6.1").Any(r => ((string)r!["dst"]!).StartsWith("fd00:10:244", StringComparison.Ordinal) && r["gateway"] is not null)));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        await TestCluster.AssertReachesAsync(cluster[2], cluster[1], IpFamily.V6);
        Assert.Contains("FLANNEL_IPV6_SUBNET=fd00:10:244:1::1/64\nFLANNEL_MTU=1430\n", await File.ReadAllTextAsync(cluster[1].SubnetFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NodeWithoutPodCidr_WaitsForIt()
    {
        await using var cluster = new TestCluster(2);
        var without = TestCluster.ApiNode(cluster[2]);
        without.Metadata.ResourceVersion = "2";
        without.Spec.PodCIDR = null;
        without.Spec.PodCIDRs = [];
        cluster.Nodes.Set(without);
        cluster[1].Start(TestCluster.NetConf(Vxlan));
        cluster[2].Start(TestCluster.NetConf(Vxlan));
        await cluster[1].Agent!.Ready;
        await TestCluster.UntilAsync("node2 says what it waits for", () => cluster[2].Agent!.Problem == "node node2 has no IPv4 pod CIDR yet");
        Assert.Contains(cluster[2].Warnings, static text => text == "node2: FlannelWaiting: node node2 has no IPv4 pod CIDR yet");
        Assert.Empty(cluster[2].Ip("link show type vxlan"));
        Assert.False(File.Exists(cluster[2].SubnetFile));

        var assigned = TestCluster.ApiNode(cluster[2]);
        assigned.Metadata.ResourceVersion = "5";
        cluster.Nodes.Set(assigned);
        await cluster[2].Agent!.Ready;
        Assert.Null(cluster[2].Agent!.Problem);
        await TestCluster.UntilAsync("node1 knows node2", () => cluster.Routes(cluster[1]).Count == 1);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    /// <summary>All that the agent keeps, as iproute2 shows it; interface indexes are left out, a device made anew has another.</summary>
    private static string Picture(TestNode node)
    {
        var devices = node.Ip("link show type vxlan").Select(l => $"{l!["ifname"]} {l["mtu"]} {l["address"]} {l["linkinfo"]!["info_data"]?["learning"]} {l["flags"]!.AsArray().Any(f => (string?)f == "UP")}");
        var addresses = node.Ip("address show type vxlan").SelectMany(l => l!["addr_info"]!.AsArray().Select(a => $"{l["ifname"]} {a!["local"]}/{a["prefixlen"]}"));
        var routes = node.Ip("-4 route show").Where(r => ((string)r!["dst"]!).StartsWith("10.244.", StringComparison.Ordinal)).Select(r => $"{r!["dst"]} {r["gateway"]} {r["dev"]}");
        IEnumerable<string> neighbours = [], fdb = [];
        if (node.Ip("link show type vxlan").Count > 0)
        {
            neighbours = node.Ip("neigh show dev flannel.1").Select(n => $"{n!["dst"]} {n["lladdr"]} {n["state"]}");
            fdb = node.Bridge("fdb show dev flannel.1").Select(f => $"{f!["mac"]} {f["dst"]}");
        }

        return string.Join('\n', [.. devices.Order(), .. addresses.Order(), .. routes.Order(), .. neighbours.Order(), .. fdb.Order()]);
    }
}
