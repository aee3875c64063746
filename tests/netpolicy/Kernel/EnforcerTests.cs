using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.Cni;
using Podwire.CniBridge.Policy;
using Podwire.FakeApi;
using Podwire.NetPolicy.Tests.Model;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>What happens around policies: connections that are there already, other people's changes, restarts, Services, pods that begin. The same for every back end.</summary>
public abstract class EnforcerTests(TestCluster cluster) : IAsyncLifetime
{
    protected const string DenyAll = """{"podSelector":{},"policyTypes":["Ingress","Egress"]}""";

    public async ValueTask InitializeAsync()
    {
        cluster.DeletePolicies();
        // Whatever a test that failed left.
        cluster.SetPod("x", "a1", "app=web tier=front", "http/TCP/80");
        cluster.SetPod("y", "a3", "app=web");
        await TestCluster.EventuallyAsync(() => cluster.ConnectsAsync("a1", cluster.Hosts["b1"].V4, 80), "no policy");
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    /// <summary>What somebody may do to the rules.</summary>
    internal abstract string[] Damages { get; }

    /// <summary>True if the rules of two isolated pods on n1 are whole.</summary>
    internal abstract bool AreWhole();

    /// <summary>Looks at what --dry-run printed.</summary>
    internal abstract Task CheckPlanAsync(string plan);

    /// <summary>How many IPv4 addresses are put aside on n1.</summary>
    internal abstract int PendingCount();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Established_ConnectionThatANewPolicyForbids_IsCutOrKept(bool keep)
    {
        await RestartAsync(keep);
        using var socket = await OpenAsync("a1", cluster.Hosts["a2"].V4, 80);
        using var far = await OpenAsync("a3", cluster.Hosts["b1"].V4, 80);
        Assert.True(await EchoesAsync(socket) && await EchoesAsync(far));

        cluster.SetPolicy("x", "deny", DenyAll);
        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a3", cluster.Hosts["b1"].V4, 80, 300) && !await cluster.ConnectsAsync("a1", cluster.Hosts["a2"].V4, 80, 300), "new connections are denied");

        Assert.Equal((keep, keep), (await EchoesAsync(socket), await EchoesAsync(far)));
        await RestartAsync(false);
    }

    [Fact]
    public async Task Kernel_ChangedBySomebodyElse_IsPutRight()
    {
        cluster.SetPolicy("x", "deny", DenyAll);
        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 300), "denied");

        foreach (var damage in Damages)
        {
            cluster.Run("n1", damage);
            await TestCluster.EventuallyAsync(() => Task.FromResult(AreWhole()), damage);
            Assert.False(await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 300));
        }

        Assert.Contains(cluster.Api.Events, e => e.StartsWith("ForeignChange", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sctp_ByRange_IsJudgedLikeAnyOther()
    {
        cluster.SetPolicy("x", "sctp", """{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"ports":[{"protocol":"SCTP","port":100,"endPort":200}]}]}""");
        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a1", cluster.Hosts["a2"].V4, 80, 300), "an SCTP rule isolates TCP");
        using var sender = SctpInit.Open(cluster["a1"], "10.244.1.2");
        using var receiver = SctpInit.Open(cluster["a2"], "10.244.1.3");

        foreach (var port in (int[])[99, 201, 80, 150, 100, 200])
        {
            SctpInit.Send(sender, "10.244.1.3", 4000 + port, port);
        }

        Assert.Equal([150, 100, 200], new[] { SctpInit.Receive(receiver), SctpInit.Receive(receiver), SctpInit.Receive(receiver) }.Select(pair => pair.Destination));
    }

    [Fact]
    public async Task Services_AreJudgedByTheirEndpointAndTheirClient()
    {
        cluster.Run("n1", """
            nft -f - <<END
            table ip services {
              chain prerouting { type nat hook prerouting priority dstnat;
                ip daddr 10.96.0.1 tcp dport 90 dnat to 10.244.2.2:8080
                ip daddr 10.96.0.2 tcp dport 90 dnat to 10.244.1.2:80
                ip daddr 10.89.0.11 tcp dport 30080 dnat to 10.244.1.2:80
              }
              chain postrouting { type nat hook postrouting priority srcnat;
                ip saddr 10.89.0.99 ip daddr 10.244.1.0/24 masquerade
                ip saddr 10.244.1.2 ip daddr 10.244.1.2 masquerade
              }
            }
            END
            """);
        cluster.SetPolicy("x", "front", """{"podSelector":{"matchLabels":{"tier":"back"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"tier":"front"}}}],"ports":[{"port":8080}]}]}""");
        cluster.SetPolicy("x", "world", """{"podSelector":{"matchLabels":{"tier":"front"}},"ingress":[{"from":[{"ipBlock":{"cidr":"10.89.0.99/32"}}],"ports":[{"port":80}]}]}""");
        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a2", IpAddress.Parse("10.244.2.2"), 8080, 300) && !await cluster.ConnectsAsync("a2", IpAddress.Parse("10.244.1.2"), 80, 300), "policies are in force");

        Assert.True(await cluster.ConnectsAsync("a1", IpAddress.Parse("10.96.0.1"), 90), "ClusterIP, allowed client");
        Assert.False(await cluster.ConnectsAsync("a2", IpAddress.Parse("10.96.0.1"), 90, 500), "ClusterIP, another client");
        Assert.False(await cluster.ConnectsAsync("a2", IpAddress.Parse("10.96.0.2"), 90, 500), "ClusterIP on one bridge, another client");
        Assert.True(await cluster.ConnectsAsync("a1", IpAddress.Parse("10.96.0.2"), 90), "a pod reaches itself");
        Assert.True(await cluster.ConnectsAsync("ext", IpAddress.Parse("10.89.0.11"), 30080), "NodePort: the client's own address, although it is masqueraded");
        cluster.SetPolicy("x", "world", """{"podSelector":{"matchLabels":{"tier":"front"}},"ingress":[{"from":[{"ipBlock":{"cidr":"10.89.0.98/32"}}],"ports":[{"port":80}]}]}""");
        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("ext", IpAddress.Parse("10.89.0.11"), 30080, 500), "NodePort, another client");
        cluster.Run("n1", "nft delete table ip services");
    }

    [Fact]
    public async Task Pod_ThatBegins_IsIsolatedBeforeItsFirstPacket()
    {
        cluster.SetPolicy("x", "deny", DenyAll);
        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 300), "denied");
        // Known, without an address yet: the plugin tells it, and comes back when the policies are in force.
        cluster.SetPod("x", "a1", "app=web", addresses: "");
        await TestCluster.EventuallyAsync(() => cluster.ConnectsAsync("a1", cluster.Hosts["a3"].V4, 80, 500), "nobody knows whose address it is");
        Add("a1");
        Assert.False(await cluster.ConnectsAsync("a1", cluster.Hosts["a3"].V4, 80, 500));
        Assert.False(await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 500));

        // Not known yet, in a namespace with policies: nothing passes until it is.
        cluster.DeletePod("x", "a1");
        await TestCluster.EventuallyAsync(() => cluster.ConnectsAsync("a1", cluster.Hosts["a3"].V4, 80, 500), "the pod is gone");
        var adding = Task.Run(() => Add("a1"), TestContext.Current.CancellationToken);
        await TestCluster.EventuallyAsync(() => Task.FromResult(PendingCount() == 1), "the address is put aside");
        Assert.False(adding.IsCompleted);
        Assert.False(await cluster.ConnectsAsync("a1", cluster.Hosts["a3"].V4, 80, 500));
        cluster.SetPod("x", "a1", "app=web", addresses: "");
        await adding;
        Assert.False(await cluster.ConnectsAsync("a1", cluster.Hosts["a3"].V4, 80, 500));
        Assert.Equal(0, PendingCount());

        // Nobody polices its namespace: no wait.
        cluster.DeletePod("y", "a3");
        Add("a3", "free");
        Assert.Equal(0, PendingCount());

        cluster.SetPod("x", "a1", "app=web tier=front", "http/TCP/80");
        cluster.SetPod("y", "a3", "app=web");
    }

    [Fact]
    public async Task Pod_ThatBeginsWhileTheEnforcerIsAway_WaitsForIt()
    {
        cluster.SetPolicy("x", "deny", DenyAll);
        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a1", cluster.Hosts["a3"].V4, 80, 300), "denied");
        await cluster.StopAsync();

        Add("a3", "y");

        Assert.Equal(1, PendingCount());
        Assert.False(await cluster.ConnectsAsync("a3", cluster.Hosts["b2"].V4, 80, 500));
        await cluster.StartAsync("n1");
        await cluster.StartAsync("n2");
        await TestCluster.EventuallyAsync(() => cluster.ConnectsAsync("a3", cluster.Hosts["b2"].V4, 80, 500), "it is known and not policed");
        Assert.Equal(0, PendingCount());
    }

    [Fact]
    public async Task Process_KilledAndStartedAgain_FindsItsTablesRightAndSendsNothing()
    {
        await cluster.StopAsync();
        cluster.Run("n1", "ip link set lo up");
        await using var api = new FakeApiServer();
        await api.StartAsync(cluster["n1"]);
        api.Set(ApiObjects.Namespaces, "", "x", ApiObjects.Namespace("x"));
        api.Set(ApiObjects.Pods, "x", "a1", ApiObjects.Pod("x", "a1", "n1", "10.244.1.2 fd44:1::2", "app=web", "http/TCP/80"));
        api.Set(ApiObjects.Policies, "x", "p", ApiObjects.Policy("x", "p", """{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.244.1.3/32"]}},{"ipBlock":{"cidr":"::/0"}},{"podSelector":{}}],"ports":[{"port":80,"endPort":90},{"port":443},{"protocol":"UDP"}]}]}"""));
        string[] flags = [$"--master={api.Address}", "--hostname-override=n1", $"--backend={cluster.Backend}", $"--socket={cluster.SocketOf("process")}"];
        try
        {
            using var first = PolicyProcess.Start(cluster.NameOf("n1"), flags);
            await LoggedAsync(first, "tables ");
            await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a2", cluster.Hosts["a1"].V4, 80, 300), "denied");
            await first.KillAsync();
            Assert.False(await cluster.ConnectsAsync("a2", cluster.Hosts["a1"].V4, 80, 300));
            Assert.True(await cluster.ConnectsAsync("ext", cluster.Hosts["a1"].V4, 80));

            using var second = PolicyProcess.Start(cluster.NameOf("n1"), flags);
            await LoggedAsync(second, "tables read back: 0 elements and 0 operations");
            await LoggedAsync(second, "node n1");
            second.Terminate();
            Assert.Equal(0, (await second.EndAsync()).ExitCode);
            Assert.False(await cluster.ConnectsAsync("a2", cluster.Hosts["a1"].V4, 80, 300));

            using var cleanup = PolicyProcess.Start(cluster.NameOf("n1"), "--cleanup");
            Assert.Equal(0, (await cleanup.EndAsync()).ExitCode);
            Assert.DoesNotContain("podwire-netpolicy", cluster.Run("n1", "nft list tables"));
            Assert.DoesNotContain("KUBE-", cluster.Run("n1", "iptables-save; ip6tables-save; ipset list -n"));
            using var dry = PolicyProcess.Start(cluster.NameOf("n1"), [.. flags, "--dry-run"]);
            var (exitCode, text) = await dry.EndAsync();
            Assert.Equal(0, exitCode);
            Assert.DoesNotContain("podwire-netpolicy", cluster.Run("n1", "nft list tables"));
            Assert.DoesNotContain("KUBE-", cluster.Run("n1", "iptables-save; ip6tables-save; ipset list -n"));
            await CheckPlanAsync(text);
        }
        finally
        {
            await RestartAsync(false);
        }
    }

    protected async Task RestartAsync(bool keep)
    {
        await cluster.StopAsync();
        await cluster.StartAsync("n1", keep);
        await cluster.StartAsync("n2", keep);
    }

    /// <summary>What the runtime does last when a pod begins.</summary>
    private void Add(string pod, string ns = "x")
    {
        var (v4, v6, _) = cluster.Hosts[pod];
        var json = $$$"""{"cniVersion":"1.0.0","name":"net","type":"podwire-policy","socket":"{{{cluster.SocketOf("n1")}}}","prevResult":{"cniVersion":"1.0.0","ips":[{"address":"{{{v4}}}/24"},{"address":"{{{v6}}}/64"}]}}""";
        var call = new PluginCall
        {
            Command = CniCommand.Add,
            Config = NetworkConfig.Parse(Encoding.UTF8.GetBytes(json)),
            ContainerId = "c",
            IfName = "eth0",
            Args = CniArgs.Parse($"K8S_POD_NAMESPACE={ns};K8S_POD_NAME={pod}"),
            Delegates = null!,
        };
        Assert.Equal(2, cluster["n1"].Run(() => new PolicyPlugin().Add(call)).Ips.Count);
    }

    private async Task<Socket> OpenAsync(string from, IpAddress to, int port)
    {
        var socket = cluster[from].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(to.ToIPAddress(), port, TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task<bool> EchoesAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(1000);
        try
        {
            await socket.SendAsync("x"u8.ToArray(), limit.Token);
            return await socket.ReceiveAsync(new byte[1], limit.Token) == 1;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    internal static Task LoggedAsync(PolicyProcess process, string text) =>
        TestCluster.EventuallyAsync(() => Task.FromResult(process.Log.Contains(text, StringComparison.Ordinal)), $"«{text}» in the log");
}
