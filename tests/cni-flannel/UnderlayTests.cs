using System.Net;
using Podwire.CniFlannel.Agent;
using Podwire.CniFlannel.Agent.Config;
using Podwire.CniFlannel.Agent.State;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class UnderlayTests
{
    private static readonly BackendConf Vxlan = new() { Type = BackendType.Vxlan };

    [Theory]
    [InlineData("vxlan", 1400, 1350, 1330)]
    [InlineData("host-gw", 1400, 1400, 1400)]
    [InlineData("udp", 1400, 1372, 0)]
    public async Task MtuChanged_DeviceAndSubnetFileFollow(string backend, int mtu, int v4, int dual)
    {
        foreach (var (isDual, expected) in new[] { (false, v4), (true, dual) }.Where(static pair => pair.Item2 > 0))
        {
            await using var cluster = new TestCluster(2, podMtu: 1300);
            var type = backend switch { "vxlan" => BackendType.Vxlan, "udp" => BackendType.Udp, _ => BackendType.HostGw };
            await cluster.StartAsync(TestCluster.NetConf(new BackendConf { Type = type, Port = type == BackendType.Udp ? BackendConf.UdpPort : BackendConf.VxlanPort }, isDual));
            cluster[1].Change("ip", $"link set eth0 mtu {mtu}");
            await TestCluster.UntilAsync("subnet.env tells the pods' MTU", () => File.ReadAllText(cluster[1].SubnetFile).Contains($"FLANNEL_MTU={expected}\n", StringComparison.Ordinal));
            if (type != BackendType.HostGw)
            {
                Assert.Equal(v4, (int)cluster[1].Ip(type == BackendType.Udp ? "link show flannel0" : "link show flannel.1")[0]!["mtu"]!);
            }

            await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        }
    }

    [Fact]
    public async Task DeviceMadeAnewManyTimes_TheMtuStaysWhatItWas()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        for (var i = 0; i < 4; i++)
        {
            var index = (int)cluster[1].Ip("link show flannel.1")[0]!["ifindex"]!;
            cluster[1].Change("ip", "link del flannel.1");
            await TestCluster.UntilAsync("another device is there", () => cluster[1].Ip("link show type vxlan") is [var link] && (int)link!["ifindex"]! != index && (int)link["mtu"]! == 1450);
        }

        await TestCluster.UntilAsync("its route is there", () => cluster.Routes(cluster[1]).Count == 1);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task Reboot_TheMacOfTheAnnotationIsKept()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan, dualStack: true));
        await TestCluster.UntilAsync("the IPv6 device", () => cluster[1].Ip("link show type vxlan").Count == 2);
        var before = Macs(cluster[1]);
        await cluster[1].StopAsync();

        // A reboot leaves the annotation and nothing of the kernel's.
        cluster[1].Change("ip", "link del flannel.1");
        cluster[1].Change("ip", "link del flannel-v6.1");
        cluster[1].Start(TestCluster.NetConf(Vxlan, dualStack: true));
        await cluster[1].Agent!.Ready;
        Assert.Equal(before, Macs(cluster[1]));
        await TestCluster.AssertReachesAsync(cluster[2], cluster[1]);

        static string Macs(TestNode node) => string.Join(' ', node.Ip("link show type vxlan").Select(static link => $"{link!["ifname"]} {link["address"]}").Order());
    }

    [Fact]
    public async Task V6Underlay_IsSourceRemoteAndAnnotations()
    {
        await using var cluster = new TestCluster(2);
        var conf = TestCluster.NetConf(Vxlan, dualStack: true) with { NetworkV4 = null };
        foreach (var node in cluster.All)
        {
            node.Start(conf);
        }

        await TestCluster.UntilAsync("both know each other", () => cluster.All.All(node => node.Agent!.Ready.IsCompleted
            && node.Ip("-6 route show dev flannel-v6.1").Any(route => route!["gateway"] is not null)));
        var link = cluster[1].Ip("link show flannel-v6.1")[0]!;
        Assert.Equal((1430, "fd00:89::11", 8472), ((int)link["mtu"]!, (string)link["linkinfo"]!["info_data"]!["local6"]!, (int)link["linkinfo"]!["info_data"]!["port"]!));
        var annotations = cluster.Nodes.Get(null, "node2")!.Metadata.Annotations;
        var mac2 = (string)cluster[2].Ip("link show flannel-v6.1")[0]!["address"]!;
        Assert.Equal($$"""{"VNI":1,"VtepMAC":"{{mac2}}"}""", annotations["flannel.alpha.coreos.com/backend-v6-data"]);
        Assert.Equal("fd00:89::12", annotations["flannel.alpha.coreos.com/public-ipv6"]);
        Assert.False(annotations.ContainsKey("flannel.alpha.coreos.com/public-ip"));
        Assert.Contains(cluster[1].Bridge("fdb show dev flannel-v6.1"), entry => (string)entry!["mac"]! == mac2 && (string?)entry["dst"] == "fd00:89::12");
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2], IpFamily.V6);

        // The filter of bridged packets puts IPv6 fragments together and the bridge cannot send the whole on; routed ones are not concerned.
        foreach (var node in cluster.All)
        {
            TestCluster.Run("ip", ["netns", "exec", node.NetnsName, "sysctl", "-qw", "net.bridge.bridge-nf-call-ip6tables=0"]);
        }

        await TestCluster.AssertDatagramsAsync(cluster[1], cluster[2], 1400, IpFamily.V6);
        Assert.Equal("FLANNEL_IPV6_NETWORK=fd00:10:244::/48\nFLANNEL_IPV6_SUBNET=fd00:10:244:1::1/64\nFLANNEL_MTU=1430\nFLANNEL_IPMASQ=true\n", await File.ReadAllTextAsync(cluster[1].SubnetFile, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("vxlan", 1450)]
    [InlineData("host-gw", 1500)]
    public async Task FullPackets_GoWhole_AndLargerOnesInFragments(string backend, int mtu)
    {
        await using var cluster = new TestCluster(2, podMtu: mtu);
        await cluster.StartAsync(TestCluster.NetConf(new BackendConf { Type = backend == "vxlan" ? BackendType.Vxlan : BackendType.HostGw }));
        await TestCluster.AssertDatagramsAsync(cluster[1], cluster[2], mtu);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task DirectRouting_BehindARouter_TakesTheTunnel()
    {
        await using var cluster = new TestCluster(3);

        // node3 stands behind a router: the bridge's own address is its gateway and the others'.
        cluster[3].Change("ip", "address del 10.89.0.13/24 dev eth0");
        cluster[3].Change("ip", "address add 10.90.0.13/24 dev eth0");
        cluster[3].Change("ip", "route add default via 10.90.0.1");
        TestCluster.Run("ip", ["-n", $"{cluster.Prefix}-u", "address", "add", "10.90.0.1/24", "dev", "underlay"]);
        TestCluster.Run("ip", ["netns", "exec", $"{cluster.Prefix}-u", "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
        foreach (var near in new[] { 1, 2 })
        {
            cluster[near].Change("ip", "route add default via 10.89.0.1");
        }

        await cluster.StartAsync(TestCluster.NetConf(Vxlan with { DirectRouting = true }));
        Assert.Equal("eth0", (string?)cluster[1].Ip("-4 route show 10.244.2.0/24")[0]!["dev"]);
        Assert.Equal("flannel.1", (string?)cluster[1].Ip("-4 route show 10.244.3.0/24")[0]!["dev"]);
        Assert.Equal("flannel.1", (string?)cluster[3].Ip("-4 route show 10.244.1.0/24")[0]!["dev"]);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[3]);
        await TestCluster.AssertReachesAsync(cluster[3], cluster[2]);
    }

    [Fact]
    public async Task FiveNodes_EveryPairTalks()
    {
        await using var cluster = new TestCluster(5);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        foreach (var from in cluster.All)
        {
            foreach (var to in cluster.All.Where(to => to != from))
            {
                await TestCluster.AssertReachesAsync(from, to);
            }
        }
    }

    [Fact]
    public async Task PublicIp_OverwrittenOrTold_IsWhatTheOthersUse()
    {
        await using var cluster = new TestCluster(2);
        cluster[2].Change("ip", "address add 10.89.0.102/24 dev eth0");
        var node = cluster.Nodes.Get(null, "node2")!;
        var told = TestCluster.ApiNode(cluster[2]);
        told.Metadata.ResourceVersion = "7";
        told.Metadata.Annotations["flannel.alpha.coreos.com/node-public-ip"] = "10.89.0.102";
        cluster.Nodes.Set(told);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        Assert.Equal("10.89.0.102", cluster.Nodes.Get(null, "node2")!.Metadata.Annotations["flannel.alpha.coreos.com/public-ip"]);
        Assert.Contains(cluster[1].Bridge("fdb show dev flannel.1"), static entry => (string?)entry!["dst"] == "10.89.0.102");
        Assert.NotNull(node);

        // The overwriting annotation wins, and one that is no address is named; what was announced stays.
        cluster[2].Change("ip", "address add 10.89.0.103/24 dev eth0");
        Overwrite("10.89.0.103");
        await TestCluster.UntilAsync("node1 sends to the overwriting address", () => cluster[1].Bridge("fdb show dev flannel.1").Any(static entry => (string?)entry!["dst"] == "10.89.0.103"));
        Overwrite("10.89.0");
        await TestCluster.UntilAsync("node2 names the annotation", () => cluster[2].Agent!.Problem?.StartsWith("annotation flannel.alpha.coreos.com/public-ip-overwrite '10.89.0' of node node2 is not an IPv4 address", StringComparison.Ordinal) == true);
        Assert.Equal("10.89.0.103", cluster.Nodes.Get(null, "node2")!.Metadata.Annotations["flannel.alpha.coreos.com/public-ip"]);

        void Overwrite(string address)
        {
            var now = cluster.Nodes.Get(null, "node2")!;
            var next = TestCluster.ApiNode(cluster[2]);
            next.Metadata.ResourceVersion = (int.Parse(now.Metadata.ResourceVersion!) + 1).ToString();
            next.Metadata.Annotations = new Dictionary<string, string>(now.Metadata.Annotations) { ["flannel.alpha.coreos.com/public-ip-overwrite"] = address };
            cluster.Nodes.Set(next);
        }
    }

    [Fact]
    public void Find_SeveralInterfaces_TakesTheFirstThatIsThere()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root");
        using var cluster = new Disposable(new TestCluster(1));
        using var route = RouteSocket.Open(cluster.Cluster[1].Namespace);
        Assert.Equal("eth0", Find(new FlannelOptions { Interfaces = ["eth7", "192.0.2.1", "eth0", "cni0"] }));
        Assert.Equal("cni0", Find(new FlannelOptions { Interfaces = ["10.244.1.1", "eth0"] }));
        Assert.Equal("eth0", Find(new FlannelOptions { Interfaces = ["eth7"], InterfaceRegexes = ["^wlan", "^eth"] }));
        Assert.Equal("eth0", Find(new FlannelOptions { InterfaceRegexes = [@"^10\.89\."] }));
        Assert.Equal("eth0", Find(new FlannelOptions { InterfaceRegexes = ["^fd00:89:"] }));
        Assert.Equal("eth0", Find(new FlannelOptions { InterfaceCanReach = IpAddress.Parse("10.89.0.77") }));
        Assert.Contains("--iface eth7, --iface-regex ^wlan: there is no such interface", Assert.Throws<UnderlayException>(() => Find(new FlannelOptions { Interfaces = ["eth7"], InterfaceRegexes = ["^wlan"] })).Message, StringComparison.Ordinal);

        string Find(FlannelOptions options) => UnderlayFinder.Find(route, options, [IpFamily.V4]).Name;
    }

    private sealed class Disposable(TestCluster cluster) : IDisposable
    {
        public TestCluster Cluster => cluster;

        public void Dispose() => cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
