using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.Primitives;
using Podwire.Proxy.Apply.Ipvs;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset.Ipvs;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Mode ipvs: what every mode must do, and what only this one does.</summary>
public sealed partial class IpvsTrafficTests(IpvsNode node) : IClassFixture<IpvsNode>
{
    private readonly IpvsTraffic traffic = new(node);

    [UmlTheory]
    [InlineData("p1", "10.96.1.1")]
    [InlineData("node", "10.96.1.1")]
    [InlineData("p1", "fd96::1:1")]
    [InlineData("node", "fd96::1:1")]
    public Task ClusterIp_FromPodAndNode_ReachesEveryEndpoint(string from, string address) => traffic.ClusterIp_FromPodAndNode_ReachesEveryEndpoint(from, address);

    [UmlTheory]
    [InlineData("client", "10.89.0.11")]
    [InlineData("client", "192.168.7.1")]
    [InlineData("node", "10.89.0.11")]
    [InlineData("node", "192.168.7.1")]
    [InlineData("p1", "10.89.0.11")]
    public Task NodePort_AtEveryAddressOfTheNode_ReachesEveryEndpoint(string from, string address) => traffic.NodePort_AtEveryAddressOfTheNode_ReachesEveryEndpoint(from, address);

    [UmlFact]
    public Task NodePort_WithLocalPolicy_KeepsTheClientsAddress() => traffic.NodePort_WithLocalPolicy_KeepsTheClientsAddress();

    [UmlFact]
    public Task LoadBalancer_WithSourceRanges_LetsOnlyTheseIn() => traffic.LoadBalancer_WithSourceRanges_LetsOnlyTheseIn();

    [UmlFact]
    public Task ClusterIp_PodThatIsItsOwnEndpoint_ReachesItself() => traffic.ClusterIp_PodThatIsItsOwnEndpoint_ReachesItself();

    [UmlFact]
    public Task ClusterIp_WithoutEndpoints_IsRefusedAtOnceAndRecovers() => traffic.ClusterIp_WithoutEndpoints_IsRefusedAtOnceAndRecovers();

    [UmlFact]
    public Task Endpoints_ExchangedAgainAndAgain_NeverFailANewConnection() => traffic.Endpoints_ExchangedAgainAndAgain_NeverFailANewConnection();

    [UmlFact]
    public Task Affinity_SameClient_StaysWithItsEndpointUntilItGoes() => traffic.Affinity_SameClient_StaysWithItsEndpointUntilItGoes();

    [UmlFact]
    public Task Udp_BackendGone_ClientMovesOnWithoutANewSocket() => traffic.Udp_BackendGone_ClientMovesOnWithoutANewSocket();

    [UmlFact]
    public Task Udp_FirstEndpointComes_WaitingClientReachesIt() => traffic.Udp_FirstEndpointComes_WaitingClientReachesIt();

    [UmlFact]
    public Task BadEndpoints_AreLeftOutWithAnEvent_AndTheRestIsServed() => traffic.BadEndpoints_AreLeftOutWithAnEvent_AndTheRestIsServed();

    [UmlFact]
    public Task Http_HealthAndMetrics_AnswerAsKubeProxy() => traffic.Http_HealthAndMetrics_AnswerAsKubeProxy();

    [UmlFact]
    public Task Ports_SeveralAndNamedDifferentlyPerPod_ReachEachItsOwn() => traffic.Ports_SeveralAndNamedDifferentlyPerPod_ReachEachItsOwn();

    [UmlFact]
    public Task NodePort_TcpAndUdpOnOneNumber_AreKeptApart() => traffic.NodePort_TcpAndUdpOnOneNumber_AreKeptApart();

    [UmlFact]
    public Task Service_PortsAndTypeChanged_DeletedAndMadeAnew_IsFollowed() => traffic.Service_PortsAndTypeChanged_DeletedAndMadeAnew_IsFollowed();

    [UmlTheory]
    [InlineData("p1", "10.96.5.5", 132)]
    [InlineData("client", "10.89.0.11", 30505)]
    public Task Sctp_InitToClusterIpAndNodePort_ReachesTheEndpointAtItsPort(string from, string address, ushort port) =>
        traffic.Sctp_InitToClusterIpAndNodePort_ReachesTheEndpointAtItsPort(from, address, port);

    [UmlFact]
    public Task ExternalPolicy_FlippedLive_ChangesWhatTheEndpointSees() => traffic.ExternalPolicy_FlippedLive_ChangesWhatTheEndpointSees();

    [UmlFact]
    public Task InternalPolicyLocal_ForPodsAndTheNode_KeepsToEndpointsOfThisNode() => traffic.InternalPolicyLocal_ForPodsAndTheNode_KeepsToEndpointsOfThisNode();

    [UmlFact]
    public Task Terminating_ServesOnlyWhereNoneIsReady_EachPolicyByItself() => traffic.Terminating_ServesOnlyWhereNoneIsReady_EachPolicyByItself();

    [UmlFact]
    public Task Hints_OfZonesAndNodes_KeepTrafficNear_UntilOneIsMissing() => traffic.Hints_OfZonesAndNodes_KeepTrafficNear_UntilOneIsMissing();

    [UmlFact]
    public Task BadPorts_OfServiceAndSlice_AreLeftOutWithAnEvent_AndTheRestIsServed() => traffic.BadPorts_OfServiceAndSlice_AreLeftOutWithAnEvent_AndTheRestIsServed();

    [UmlFact]
    public Task DuplicateNodePort_OlderServiceHasIt_TheOtherOneIsTold_AndItsRestIsServed() => traffic.DuplicateNodePort_OlderServiceHasIt_TheOtherOneIsTold_AndItsRestIsServed();

    [UmlFact]
    public Task SourceRange_ThatCannotBeParsed_IsLeftOutWithAnEvent_AndNeverOpensTheDoor() => traffic.SourceRange_ThatCannotBeParsed_IsLeftOutWithAnEvent_AndNeverOpensTheDoor();

    [UmlFact]
    public Task WrongFamily_OfAClusterIp_IsLeftOut_AndTheOtherFamilyIsServed() => traffic.WrongFamily_OfAClusterIp_IsLeftOut_AndTheOtherFamilyIsServed();

    [UmlFact]
    public Task ApiServer_AwayAndBack_DataPathStays_AndNothingIsLoadedAgain() => traffic.ApiServer_AwayAndBack_DataPathStays_AndNothingIsLoadedAgain();

    [UmlFact]
    public async Task Destination_ThatSomebodyTookAway_RefusesTheChange_AndTheNextRunConverges()
    {
        traffic.Make("robbed", "10.96.2.11", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await traffic.ProgrammedAsync("10.96.2.11", 80, "robbed:http");
        var key = new IpvsServiceKey(IpProtocol.Tcp, IpAddress.Parse("10.96.2.11"), 80);
        await TestNode.EventuallyAsync(() => Task.FromResult(Weights(key) == "10.244.0.2:8080=1"), "it is programmed");
        foreach (var (harm, to) in ((string, string)[])
        [
            ("ipvsadm -d -t 10.96.2.11:80 -r 10.244.0.2:8080", "10.244.0.3"), ("ipvsadm -a -t 10.96.2.11:80 -r 10.244.0.4:8080 -m -w 7", "10.244.0.4"),
            ("ipvsadm -D -t 10.96.2.11:80", "10.244.0.2"), ("ipset del KUBE-CLUSTER-IP 10.96.2.11,tcp:80", "10.244.0.3"),
        ])
        {
            node.Run("node", harm);
            traffic.Make("robbed", "10.96.2.11", "http/TCP/80", "http/TCP/8080", to);
            await TestNode.EventuallyAsync(() => Task.FromResult(Weights(key) == $"{to}:8080=1" && Plan().Length == 0), $"it converges after {harm}");
        }

        node.Api.Delete(Services, "default", "robbed");
    }

    [UmlFact]
    public async Task Endpoint_LeavesWithAConnection_KeepsItAtWeightZeroAndGoesWhenItEnds()
    {
        var key = new IpvsServiceKey(IpProtocol.Tcp, IpAddress.Parse("10.96.2.1"), 80);
        traffic.Make("graceful", "10.96.2.1", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await traffic.ProgrammedAsync("10.96.2.1", 80, "graceful:http");
        var kept = node["p3"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await kept.ConnectAsync(IPAddress.Parse("10.96.2.1"), 80, TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        Assert.StartsWith("p1", Encoding.ASCII.GetString(buffer, 0, await kept.ReceiveAsync(buffer)));

        traffic.Make("graceful", "10.96.2.1", "http/TCP/80", "http/TCP/8080", "10.244.0.3");
        await TestNode.EventuallyAsync(() => Task.FromResult(Weights(key) == "10.244.0.2:8080=0 10.244.0.3:8080=1"), "the old endpoint has weight 0");
        for (var i = 0; i < 10; i++)
        {
            Assert.StartsWith("p2", await node.AskAsync("p3", "10.96.2.1", 80));
        }

        await kept.SendAsync("still here"u8.ToArray());
        Assert.Equal("still here", Encoding.ASCII.GetString(buffer, 0, await kept.ReceiveAsync(buffer)));
        Assert.Equal("10.244.0.2:8080=0 10.244.0.3:8080=1", Weights(key));

        // A reset ends the connection without the minutes of TIME_WAIT.
        kept.LingerState = new(true, 0);
        kept.Dispose();
        await TestNode.EventuallyAsync(() => Task.FromResult(Weights(key) == "10.244.0.3:8080=1"), "the old endpoint is gone");
    }

    [UmlFact]
    public async Task Endpoint_ComesBackWhileItDrains_HasItsWeightAgain()
    {
        var key = new IpvsServiceKey(IpProtocol.Tcp, IpAddress.Parse("10.96.2.2"), 80);
        traffic.Make("back", "10.96.2.2", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await traffic.ProgrammedAsync("10.96.2.2", 80, "back:http");
        using var kept = node["p3"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await kept.ConnectAsync(IPAddress.Parse("10.96.2.2"), 80, TestContext.Current.CancellationToken);
        traffic.Make("back", "10.96.2.2", "http/TCP/80", "http/TCP/8080", "10.244.0.3");
        await TestNode.EventuallyAsync(() => Task.FromResult(Weights(key) == "10.244.0.2:8080=0 10.244.0.3:8080=1"), "it drains");

        traffic.Make("back", "10.96.2.2", "http/TCP/80", "http/TCP/8080", "10.244.0.2 10.244.0.3");

        await TestNode.EventuallyAsync(() => Task.FromResult(Weights(key) == "10.244.0.2:8080=1 10.244.0.3:8080=1"), "it is back");
    }

    [UmlFact]
    public async Task NodePortAndNode_FromOutside_SeeAMasqueradedSession()
    {
        traffic.Make("masked", "10.96.2.3", "http/TCP/80/30203", "http/TCP/8080", "10.244.0.2");
        await traffic.ProgrammedAsync(null, 30203, "masked:http");
        // From outside the endpoint sees the node, and a pod sees a pod.
        Assert.Equal("p1 10.244.0.1", await node.AskAsync("client", "10.89.0.11", 30203));
        Assert.Equal("p1 10.244.0.3", await node.AskAsync("p2", "10.96.2.3", 80));
        Assert.Equal("p1 10.244.0.1", await node.AskAsync("node", "10.96.2.3", 80));
        Assert.Equal("p1 10.244.0.1", await node.AskAsync("client", "10.96.2.3", 80));
        // One session of many packets, both ways.
        using var session = node["client"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await session.ConnectAsync(IPAddress.Parse("10.89.0.11"), 30203, TestContext.Current.CancellationToken);
        var buffer = new byte[256];
        Assert.Equal("p1 10.244.0.1", Encoding.ASCII.GetString(buffer, 0, await session.ReceiveAsync(buffer)));
        for (var i = 0; i < 200; i++)
        {
            await session.SendAsync(Encoding.ASCII.GetBytes($"packet {i}"));
            Assert.Equal($"packet {i}", Encoding.ASCII.GetString(buffer, 0, await session.ReceiveAsync(buffer)));
        }
    }

    [UmlFact]
    public async Task ExternalIp_AndLoadBalancerUnderLocal_AreServedHere()
    {
        traffic.Make("outer", "10.96.2.4", "http/TCP/80", "http/TCP/8080", "10.244.0.2", spec: ",\"externalIPs\":[\"203.0.113.44\"]");
        await traffic.ProgrammedAsync("203.0.113.44", 80, "outer:http");
        Assert.Equal("p1 10.244.0.1", await node.AskAsync("client", "203.0.113.44", 80));
        Assert.Equal("p1", (await node.AskAsync("p2", "203.0.113.44", 80))?.Split(' ')[0]);

        traffic.Make(
            "outer-local", "10.96.2.5", "http/TCP/80/30205", "http/TCP/8080", "10.244.0.3 10.244.7.9@node2",
            spec: ",\"type\":\"LoadBalancer\",\"externalTrafficPolicy\":\"Local\"", status: """{"loadBalancer":{"ingress":[{"ip":"203.0.113.45"}]}}""");
        await traffic.ProgrammedAsync("203.0.113.45", 80, "outer-local:http");
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("p2 10.89.0.99", await node.AskAsync("client", "203.0.113.45", 80));
        }
    }

    [UmlFact]
    public async Task OtherPortsOfAServiceAddress_AreNotTheNodesServers()
    {
        traffic.Make("closed", "10.96.2.6", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await traffic.ProgrammedAsync("10.96.2.6", 80, "closed:http");
        using var server = node["node"].Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, 2222));
            socket.Listen(5);
            return socket;
        });
        Assert.Null(await node.AskAsync("p1", "10.96.2.6", 2222));
        Assert.Null(await node.AskAsync("client", "10.96.2.6", 2222));
    }

    [UmlFact]
    public async Task ForeignChange_OfEveryKind_IsRepaired()
    {
        traffic.Make("guarded", "10.96.2.7", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await traffic.ProgrammedAsync("10.96.2.7", 80, "guarded:http");
        foreach (var harm in (string[])
        [
            "ip address del 10.96.2.7/32 dev kube-ipvs0", "ip link del kube-ipvs0", "ipvsadm -C", "ipvsadm -d -t 10.96.2.7:80 -r 10.244.0.2:8080", "ipvsadm -E -t 10.96.2.7:80 -s sh",
            "ipset flush KUBE-CLUSTER-IP", "iptables -t nat -F", "iptables -t filter -F KUBE-IPVS-FILTER",
        ])
        {
            node.Run("node", harm);
            await TestNode.EventuallyAsync(() => Task.FromResult(Plan().Length == 0), $"all is back after {harm}");
            Assert.StartsWith("p1", await node.AskAsync("p2", "10.96.2.7", 80));
        }

        await TestNode.EventuallyAsync(() => Task.FromResult(node.Api.Events.Any(text => text.StartsWith("ForeignChange", StringComparison.Ordinal))), "the event of the address");
    }

    [UmlFact]
    public async Task NodeAddress_ThatComesLater_HasTheNodePorts()
    {
        traffic.Make("more", "10.96.2.8", "http/TCP/80/30208", "http/TCP/8080", "10.244.0.2");
        await traffic.ProgrammedAsync(null, 30208, "more:http");
        node.Run("node", "ip address add 192.168.7.2/32 dev eth0");
        await TestNode.EventuallyAsync(async () => (await node.AskAsync("client", "192.168.7.2", 30208, 300))?.StartsWith("p1", StringComparison.Ordinal) == true, "the new address serves node ports");
        node.Run("node", "ip address del 192.168.7.2/32 dev eth0");
        await TestNode.EventuallyAsync(() => Task.FromResult(!node.Run("node", "ipvsadm -Ln").Contains("192.168.7.2", StringComparison.Ordinal)), "its services are gone");
    }

    [UmlFact]
    public async Task Restart_WithACorrectState_ChangesNothing()
    {
        traffic.Make("kept", "10.96.2.9,fd96::2:9", "http/TCP/80/30209 dns/UDP/53", "http/TCP/8080 dns/UDP/5353", "10.244.0.2 10.244.0.3", "fd44::2", spec: ",\"externalTrafficPolicy\":\"Local\"");
        traffic.Make("kept-sticky", "10.96.2.10", "http/TCP/80", "http/TCP/8080", "10.244.0.2 10.244.0.3", spec: ",\"sessionAffinity\":\"ClientIP\"");
        await traffic.ProgrammedAsync("10.96.2.9", 80, "kept:http");
        await traffic.ProgrammedAsync("10.96.2.10", 80, "kept-sticky:http");
        using var connection = node["p3"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await connection.ConnectAsync(IPAddress.Parse("10.96.2.9"), 80, TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        _ = await connection.ReceiveAsync(buffer);
        await node.StopProxyAsync();
        var before = State();
        // Counters tell a chain that was written anew from one that was left alone.
        node.Run("node", "iptables -t nat -A KUBE-MARK-MASQ -m comment --comment marker -j RETURN -c 7 7; iptables -t nat -D KUBE-MARK-MASQ -m comment --comment marker -j RETURN");

        await node.StartProxyAsync();

        Assert.Equal(before, State());
        Assert.Equal(string.Empty, Plan());
        await connection.SendAsync("after"u8.ToArray());
        Assert.Equal("after", Encoding.ASCII.GetString(buffer, 0, await connection.ReceiveAsync(buffer)));
    }

    [UmlFact]
    public void Sysctls_AreKubeProxys()
    {
        Assert.Equal("1", node["node"].ReadSysctl("net/ipv4/vs/conntrack"));
        Assert.Equal("0", node["node"].ReadSysctl("net/ipv4/vs/conn_reuse_mode"));
        Assert.Equal("1", node["node"].ReadSysctl("net/ipv4/vs/expire_nodest_conn"));
        Assert.Equal("1", node["node"].ReadSysctl("net/ipv4/vs/expire_quiescent_template"));
    }

    /// <summary>What a start would change now.</summary>
    private string Plan()
    {
        var plane = (IpvsDataPlane)node.Proxy.DataPlane;
        return ((IpFamily[])[IpFamily.V4, IpFamily.V6]).All(family => plane.Model(family) is not null) ? plane.Difference() : "no model yet";
    }

    private string Weights(IpvsServiceKey key) => string.Join(' ', (IpvsTraffic.Destinations(node, key) ?? []).Select(status => status.Destination).Order().Select(destination => $"{destination}={destination.Weight}"));

    private string State() => string.Join(
        '\n',
        (node.Run("node", "ipvsadm -Sn; ip -o addr show dev kube-ipvs0 | sed 's/.*inet/inet/'; ipset save | grep -v '^create'; iptables-save; ip6tables-save"))
            .Split('\n').Where(line => !line.StartsWith('#') && !line.StartsWith(':')).Order());
}
