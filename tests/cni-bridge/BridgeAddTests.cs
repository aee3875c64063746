using System.Net;
using System.Net.Sockets;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

public class BridgeAddTests
{
    [Fact]
    public void Add_Gateway_AnswersInterfacesAddressesAndRoutes()
    {
        using var node = new Node();
        var config = node.Config(",\"isDefaultGateway\":true,\"mtu\":1400,\"dns\":{\"nameservers\":[\"10.96.0.10\"]}");
        var result = node.Add("c1", config).Succeeds().Json;
        Assert.Equal("1.1.0", result.GetProperty("cniVersion").GetString());
        var interfaces = result.GetProperty("interfaces");
        Assert.Equal("br-test", interfaces[0].GetProperty("name").GetString());
        Assert.Equal(node.Veths().Single(), interfaces[1].GetProperty("name").GetString());
        Assert.Equal("eth0", interfaces[2].GetProperty("name").GetString());
        Assert.Equal(node.PathOf("c1"), interfaces[2].GetProperty("sandbox").GetString());
        Assert.Equal(1400, interfaces[2].GetProperty("mtu").GetInt32());
        Assert.Equal("""[{"interface":2,"address":"10.77.0.2/24","gateway":"10.77.0.1"}]""", result.GetProperty("ips").GetRawText());
        Assert.Equal("""[{"dst":"0.0.0.0/0","gw":"10.77.0.1"}]""", result.GetProperty("routes").GetRawText());
        Assert.Equal("""{"nameservers":["10.96.0.10"]}""", result.GetProperty("dns").GetRawText());

        var bridge = node.Route.GetLink("br-test")!;
        var veth = node.Route.GetLink(node.Veths().Single())!;
        Assert.Equal(bridge.Mac.ToString(), interfaces[0].GetProperty("mac").GetString());
        Assert.Equal(veth.Mac.ToString(), interfaces[1].GetProperty("mac").GetString());
        Assert.Equal(bridge.Index, veth.MasterIndex);
        Assert.Equal("podwire:net/c1/eth0", veth.Alias);
        Assert.Contains(node.Route.ListAddresses(bridge.Index), a => a.Prefix == IpPrefix.Parse("10.77.0.1/24"));
        Assert.Equal("1", node.Host.ReadSysctl("net/ipv4/ip_forward"));
        var inside = node.In("c1", s => s.GetLink("eth0"))!;
        Assert.Equal(inside.Mac.ToString(), interfaces[2].GetProperty("mac").GetString());
        Assert.Equal(1400, inside.Mtu);
        Assert.Equal(IpAddress.Parse("10.77.0.1"), node.In("c1", s => s.ListRoutes(IpFamily.V4)).Single(r => r.Destination.Length == 0).Gateway);
    }

    [Theory]
    [InlineData("\"subnet\":\"10.77.0.0/24\"", IpFamily.V4)]
    [InlineData("\"subnet\":\"fd77::/64\"", IpFamily.V6)]
    [InlineData("\"ranges\":[[{\"subnet\":\"fd77::/64\"}],[{\"subnet\":\"10.77.0.0/24\"}]]", IpFamily.V6)]
    public void Add_TwoContainers_TalkToEachOtherAndToTheNode(string ranges, IpFamily family)
    {
        using var node = new Node();
        var config = node.Config(ipam: node.Ipam(ranges), more: ",\"isDefaultGateway\":true");
        var first = node.Add("c1", config).Succeeds().Ip;
        var second = node.Add("c2", config).Succeeds().Ip;
        Assert.NotEqual(first, second);
        Assert.Equal(family, IpAddress.Parse(first).Family);
        Talk(node.Container("c1"), node.Container("c2"), second);
        Talk(node.Host, node.Container("c1"), first);
        Talk(node.Container("c2"), node.Host, family == IpFamily.V4 ? "10.77.0.1" : "fd77::1");
    }

    [Theory]
    [InlineData("0.1.0")]
    [InlineData("0.2.0")]
    [InlineData("0.3.0")]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void Add_EachVersion_AnswersInItsShapeAndTakesItAsPrevResult(string version)
    {
        using var node = new Node();
        var result = node.Add("c1", node.Config(version: version)).Succeeds().Json;
        Assert.Equal(version, result.GetProperty("cniVersion").GetString());
        Assert.Equal(version is "0.1.0" or "0.2.0", result.TryGetProperty("ip4", out _));
        Assert.Equal(version is "0.3.0" or "0.3.1" or "0.4.0", result.TryGetProperty("ips", out var ips) && ips[0].TryGetProperty("version", out _));
        Assert.Equal(version == "1.1.0", result.TryGetProperty("interfaces", out var interfaces) && interfaces[0].TryGetProperty("mtu", out _));
        var chained = Node.With(node.Config(version: version), result.GetRawText());
        var check = node.Run("bridge", "CHECK", chained);
        _ = version is "0.4.0" or "1.0.0" or "1.1.0" ? check.Succeeds() : check.Fails(1);
        node.Del("c1", chained).Succeeds();
        Assert.Empty(node.Leases());
    }

    [Fact]
    public void Add_PortSettings_AreSet()
    {
        using var node = new Node();
        node.Add("c1", node.Config(",\"hairpinMode\":true,\"portIsolation\":true")).Succeeds();
        var port = node.Route.GetLink(node.Veths().Single())!.Port!;
        Assert.True(port.Hairpin);
        Assert.True(port.Isolated);
        node.Add("c2", node.Config(",\"promiscMode\":true")).Succeeds();
        Assert.True(node.Route.GetLink("br-test")!.Promiscuity > 0);
    }

    [Fact]
    public void Add_Mac_RuntimeConfigThenArgsThenCniArgs()
    {
        using var node = new Node();
        const string Args = "MAC=0a:00:00:00:00:03;IgnoreUnknown=1";
        const string CniArgs = ",\"args\":{\"cni\":{\"mac\":\"0a:00:00:00:00:02\"}}";
        node.Add("c1", node.Config(CniArgs + ",\"runtimeConfig\":{\"mac\":\"0a:00:00:00:00:01\"}"), args: Args).Succeeds();
        node.Add("c2", node.Config(CniArgs), args: Args).Succeeds();
        node.Add("c3", node.Config(), args: Args).Succeeds();
        string[] macs = ["c1", "c2", "c3"];
        Assert.Equal(
            ["0a:00:00:00:00:01", "0a:00:00:00:00:02", "0a:00:00:00:00:03"],
            macs.Select(c => node.In(c, s => s.GetLink("eth0"))!.Mac.ToString()));
        node.Add("c4", node.Config(), args: "MAC=ff:ff:ff:ff:ff:ff").Fails(4);
        node.Add("c4", node.Config(",\"runtimeConfig\":{\"mac\":\"x\"}")).Fails(7);
    }

    [Fact]
    public void Add_RequestedAddress_IsGiven()
    {
        using var node = new Node();
        Assert.Equal("10.77.0.99", node.Add("c1", node.Config(), args: "IP=10.77.0.99").Succeeds().Ip);
        Assert.Equal("10.77.0.98", node.Add("c2", node.Config(",\"runtimeConfig\":{\"ips\":[\"10.77.0.98/24\"]}")).Succeeds().Ip);
        node.Add("c3", node.Config(), args: "IP=10.77.0.99").Fails(103);
    }

    [Fact]
    public void Add_WithoutIpam_JoinsTheBridgeOnly()
    {
        using var node = new Node();
        var config = """{"cniVersion":"1.0.0","name":"net","type":"bridge","bridge":"br-test"}""";
        var result = node.Add("c1", config).Succeeds().Json;
        Assert.False(result.TryGetProperty("ips", out _));
        Assert.True(node.In("c1", s => s.GetLink("eth0"))!.IsUp);
        node.Add("c2", config.Replace("}", ",\"disableContainerInterface\":true}", StringComparison.Ordinal)).Succeeds();
        Assert.False(node.In("c2", s => s.GetLink("eth0"))!.IsUp);
        Assert.Equal(2, node.Veths().Length);
    }

    [Fact]
    public void Add_DuplicateAddressDetection_EndsBeforeTheAnswer()
    {
        using var node = new Node();
        node.Add("c1", node.Config(",\"enabledad\":true", node.Ipam("\"subnet\":\"fd77::/64\""))).Succeeds();
        var address = node.In("c1", s => s.ListAddresses(0, IpFamily.V6)).Single(a => a.Prefix == IpPrefix.Parse("fd77::2/64"));
        Assert.Equal(AddressFlags.None, address.Flags & (AddressFlags.Tentative | AddressFlags.NoDad));
    }

    [Fact]
    public void Add_FirstContainer_TheBridgesOwnIpv6AddressesAreUsableAtOnce()
    {
        using var node = new Node();
        node.Add("c1", node.Config(ipam: node.Ipam("\"subnet\":\"fd77::/64\""))).Succeeds();
        var addresses = node.Route.ListAddresses(node.Route.GetLink("br-test")!.Index, IpFamily.V6);
        Assert.Equal(2, addresses.Count);
        Assert.All(addresses, a => Assert.Equal(AddressFlags.None, a.Flags & AddressFlags.Tentative));
    }

    [Fact]
    public void Add_RouteAttributes_ReachTheKernel()
    {
        using var node = new Node();
        var ipam = node.Ipam("\"subnet\":\"10.77.0.0/24\",\"routes\":[{\"dst\":\"10.9.0.0/16\",\"mtu\":1300,\"advmss\":1200,\"priority\":7,\"table\":50},{\"dst\":\"10.8.0.0/16\",\"gw\":\"10.77.0.200\"}]");
        var result = node.Add("c1", node.Config(ipam: ipam)).Succeeds().Json;
        Assert.Equal(50, result.GetProperty("routes")[0].GetProperty("table").GetInt32());
        var route = node.In("c1", s => s.ListRoutes(IpFamily.V4, 50)).Single();
        Assert.Equal((1300u, 1200u, 7u, IpAddress.Parse("10.77.0.1")), (route.Mtu, route.AdvertisedMss, route.Metric, route.Gateway!.Value));
        Assert.Contains(node.In("c1", s => s.ListRoutes(IpFamily.V4)), r => r.Gateway == IpAddress.Parse("10.77.0.200"));
    }

    [Fact]
    public void Add_IpamByAnotherExecutable_IsExecuted()
    {
        using var node = new Node();
        var folder = Path.Join(node.Folder, "bin");
        Directory.CreateDirectory(folder);
        var script = Path.Join(folder, "custom-ipam");
        File.WriteAllText(script, $"#!/bin/sh\ncat > /dev/null\necho \"$CNI_COMMAND $CNI_CONTAINERID\" >> {node.Folder}/log\n[ $CNI_COMMAND = ADD ] && echo '{{\"cniVersion\":\"1.1.0\",\"ips\":[{{\"address\":\"10.77.0.50/24\"}}]}}' || true\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var config = node.Config(ipam: """{"type":"custom-ipam"}""");
        var path = $"{CniExecutables.Path}:{folder}";
        Assert.Equal("10.77.0.50", node.Add("c1", config, path: path).Succeeds().Ip);
        node.Del("c1", config, path: path).Succeeds();
        Assert.Equal("ADD c1\nDEL c1\n", File.ReadAllText(Path.Join(node.Folder, "log")));
        node.Add("c1", node.Config(ipam: """{"type":"no-such-ipam"}""")).Fails(104);
    }

    internal static void Talk(NetNamespace client, NetNamespace server, string address)
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(address), 7777);
        using var listener = server.Run(() =>
        {
            var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            socket.Listen();
            return socket;
        });
        using var connection = client.Run(() => new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        Assert.True(connection.ConnectAsync(endpoint).Wait(TimeSpan.FromSeconds(5)), $"no connection to {address}");
    }
}
