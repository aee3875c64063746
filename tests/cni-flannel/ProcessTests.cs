using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Podwire.Netlink.Namespaces;

namespace Podwire.CniFlannel.Tests;

/// <summary>The whole daemon as a process of its own against an API server, ended as machines end processes.</summary>
public class ProcessTests
{
    [Theory]
    [InlineData("vxlan", true, 2)]
    [InlineData("host-gw", true, 1)]
    [InlineData("udp", false, 1)]
    public async Task KilledAndStartedAgain_AConversationGoesOn(string backend, bool carriesWithoutAgent, int rounds)
    {
        await using var cluster = new TestCluster(2);
        await using var api = await ServeAsync(cluster);
        using var second = Start(cluster, 2, backend);
        var first = Start(cluster, 1, backend);
        try
        {
            await ReadyAsync(cluster);
            await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
            using var conversation = await PodConversation.OpenAsync(cluster[1], cluster[2]);
            await conversation.SayAsync();
            for (var round = 0; round < rounds; round++)
            {
                File.Delete(cluster[1].SubnetFile);
                await first.KillAsync();
                first.Dispose();
                if (carriesWithoutAgent)
                {
                    await conversation.SayAsync();
                }

                first = Start(cluster, 1, backend);
                await ReadyAsync(cluster);
                await conversation.SayAsync();
            }

            first.Terminate();
            Assert.Equal(0, await first.EndAsync());
            if (carriesWithoutAgent)
            {
                await conversation.SayAsync();
            }
            else
            {
                Assert.Empty(cluster[1].Ip("link show type tun"));
            }
        }
        finally
        {
            first.Dispose();
        }
    }

    [Fact]
    public async Task UnusableConfiguration_EndsWithOneLineAndAnEvent()
    {
        await using var cluster = new TestCluster(1);
        await using var api = await ServeAsync(cluster);
        var conf = Path.Combine(Path.GetDirectoryName(cluster[1].SubnetFile)!, "net-conf.json");
        await File.WriteAllTextAsync(conf, """{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "VNI": "one"}}""", TestContext.Current.CancellationToken);
        using var agent = AgentProcess.Start(cluster[1].NetnsName, [], "--kube-api-url", "http://10.89.0.1:6443", "--net-config-path", conf, "--hostname-override", "node1");
        Assert.Equal(1, await agent.EndAsync());
        await TestCluster.UntilAsync("its line is there", () => agent.Log.Contains("VNI", StringComparison.Ordinal));
        Assert.Contains("net-conf.json: VNI is not a whole number from 0 to 16777215", agent.Log, StringComparison.Ordinal);
        Assert.Contains(api.Events, static text => text.StartsWith("node1: ", StringComparison.Ordinal) && text.Contains("VNI is not a whole number", StringComparison.Ordinal));
        Assert.Empty(cluster[1].Ip("link show type vxlan"));
    }

    [Fact]
    public async Task Health_TellsThatItRuns_AndReadyOnlyOnceItIs()
    {
        await using var cluster = new TestCluster(1);
        await using var api = await ServeAsync(cluster);
        api.Set(JsonNode.Parse("""{"kind":"Node","apiVersion":"v1","metadata":{"name":"node1"},"spec":{} }""")!);
        using var agent = AgentProcess.Start(
            cluster[1].NetnsName, [], "--kube-api-url", "http://10.89.0.1:6443", "--net-config-path", Configure(cluster, 1, "vxlan"), "--subnet-file", cluster[1].SubnetFile,
            "--iface", "eth0", "--hostname-override", "node1", "--healthz-ip", "10.89.0.11", "--healthz-port", "8471");
        await TestCluster.UntilAsync("it says what it waits for", () => Get(cluster, "/readyz") is (503, var reason) && reason.Contains("node node1 has no IPv4 pod CIDR yet", StringComparison.Ordinal));
        Assert.Equal(200, Get(cluster, "/healthz").Status);
        Assert.False(File.Exists(cluster[1].SubnetFile));
        await TestCluster.UntilAsync("the event is there", () => api.Events.Contains("node1: node node1 has no IPv4 pod CIDR yet"));

        api.Set(JsonNode.Parse("""{"kind":"Node","apiVersion":"v1","metadata":{"name":"node1"},"spec":{"podCIDR":"10.244.1.0/24"} }""")!);
        await TestCluster.UntilAsync("it is ready", () => Get(cluster, "/readyz").Status == 200);
        Assert.True(File.Exists(cluster[1].SubnetFile));
        Assert.Contains("flannel-ipv4", cluster[1].Nft("list tables"), StringComparison.Ordinal);
        Assert.Contains("podwire_flannel_", Get(cluster, "/metrics").Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_NamesTheNodeByItsPod_AndPeersThatCannotBeAreEvents()
    {
        await using var cluster = new TestCluster(1);
        await using var api = await ServeAsync(cluster);
        api.Set(JsonNode.Parse("""
            {"kind":"Node","apiVersion":"v1","metadata":{"name":"node9","annotations":{"flannel.alpha.coreos.com/kube-subnet-manager":"true",
             "flannel.alpha.coreos.com/backend-type":"vxlan","flannel.alpha.coreos.com/backend-data":"{","flannel.alpha.coreos.com/public-ip":"10.89.0.19"}},
             "spec":{"podCIDR":"10.244.9.0/24"}}
            """)!);
        foreach (var (number, spec) in new[] { (7, "{}"), (8, """{"podCIDR":"10.244.8.0/24"}""") })
        {
            api.Set(JsonNode.Parse($$"""
                {"kind":"Node","apiVersion":"v1","metadata":{"name":"node{{number}}","annotations":{"flannel.alpha.coreos.com/kube-subnet-manager":"true",
                 "flannel.alpha.coreos.com/backend-type":"vxlan","flannel.alpha.coreos.com/backend-data":"{\"VNI\":1,\"VtepMAC\":\"0a:00:00:00:00:0{{number}}\"}","flannel.alpha.coreos.com/public-ip":"10.89.0.1{{number}}"} },
                 "spec":{{spec}} }
                """)!);
        }

        var conf = Configure(cluster, 1, "vxlan");
        using var agent = AgentProcess.Start(
            cluster[1].NetnsName,
            new() { ["POD_NAMESPACE"] = "kube-flannel", ["POD_NAME"] = "kube-flannel-ds-node1", ["FLANNELD_IFACE"] = "eth0", ["FLANNELD_KUBE_API_URL"] = "http://10.89.0.1:6443", ["FLANNELD_SUBNET_FILE"] = cluster[1].SubnetFile },
            "--net-config-path", conf, "-logtostderr=true", "--iptables-forward-rules=false");
        await TestCluster.UntilAsync("it is ready", () => File.Exists(cluster[1].SubnetFile));
        await TestCluster.UntilAsync("the event is there", () => api.Events.Any(static text => text.StartsWith("node9: node node1 does not serve it: annotation flannel.alpha.coreos.com/backend-data '{' has no VtepMAC", StringComparison.Ordinal)));
        await TestCluster.UntilAsync("the node without a pod CIDR is named", () => api.Events.Any(static text => text.StartsWith("node7: node node1 does not serve it: it has no IPv4 pod CIDR (spec.podCIDRs)", StringComparison.Ordinal)));
        Assert.Contains("node9", agent.Log, StringComparison.Ordinal);
        Assert.Contains("node7", agent.Log, StringComparison.Ordinal);

        // The others are served.
        Assert.Equal(["10.244.8.0/24"], cluster.Routes(cluster[1]));
        Assert.Equal("10.89.0.11", (string?)api.Get("node1")!["metadata"]!["annotations"]!["flannel.alpha.coreos.com/public-ip"]);
    }

    /// <summary>A page of node1's daemon; status 0 while there is none.</summary>
    private static (int Status, string Body) Get(TestCluster cluster, string page)
    {
        var output = TestCluster.Run("ip", ["netns", "exec", cluster[1].NetnsName, "sh", "-c", $"curl -s -m 5 -w '\n%{{http_code}}' http://10.89.0.11:8471{page} || true"]);
        var end = output.LastIndexOf('\n');
        return (int.TryParse(output[(end + 1)..], out var status) ? status : 0, output[..Math.Max(0, end)]);
    }

    private static AgentProcess Start(TestCluster cluster, int number, string backend) => AgentProcess.Start(
        cluster[number].NetnsName, [], "--kube-api-url", "http://10.89.0.1:6443", "--net-config-path", Configure(cluster, number, backend), "--subnet-file", cluster[number].SubnetFile,
        "--iface", "eth0", "--hostname-override", $"node{number}", "--ip-masq");

    private static string Configure(TestCluster cluster, int number, string backend)
    {
        var file = Path.Combine(Path.GetDirectoryName(cluster[number].SubnetFile)!, "net-conf.json");
        File.WriteAllText(file, $$"""{"Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": {"Type": "{{backend}}"} }""");
        return file;
    }

    private static Task ReadyAsync(TestCluster cluster) => TestCluster.UntilAsync("both have their subnets, and reach each other", () =>
        File.Exists(cluster[1].SubnetFile) && File.Exists(cluster[2].SubnetFile) && TestCluster.ConnectFails(cluster[1], cluster[2]) == SocketError.ConnectionRefused);

    private static async Task<Served> ServeAsync(TestCluster cluster)
    {
        var underlay = NetNamespace.Open($"/run/netns/{cluster.Prefix}-u");
        var listener = underlay.Run(static () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse("10.89.0.1"), 6443));
            socket.Listen();
            return socket;
        });
        var api = new FakeNodeApi();
        await api.StartAsync(listener);
        foreach (var node in cluster.All)
        {
            api.Set(JsonNode.Parse($$"""{"kind":"Node","apiVersion":"v1","metadata":{"name":"{{node.Name}}"},"spec":{"podCIDR":"10.244.{{node.Number}}.0/24"} }""")!);
        }

        return new Served(api, underlay);
    }

    private sealed class Served(FakeNodeApi api, NetNamespace underlay) : IAsyncDisposable
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Events => api.Events;

        public void Set(JsonNode node) => api.Set(node);

        public JsonNode? Get(string name) => api.Get(name);

        public async ValueTask DisposeAsync()
        {
            await api.DisposeAsync();
            underlay.Dispose();
        }
    }
}
