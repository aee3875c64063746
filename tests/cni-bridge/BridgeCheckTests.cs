using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

public class BridgeCheckTests
{
    private static (string Config, Link Bridge, Link Veth) Attached(Node node, string more = ",\"isDefaultGateway\":true")
    {
        var config = node.Config(more);
        var result = node.Add("c1", config).Succeeds().Stdout;
        var check = Node.With(config, result);
        node.Run("bridge", "CHECK", check).Succeeds();
        return (check, node.Route.GetLink("br-test")!, node.Route.GetLink(node.Veths().Single())!);
    }

    [Fact]
    public void Check_WithoutPreviousResult_IsCode7()
    {
        using var node = new Node();
        node.Add("c1", node.Config()).Succeeds();
        node.Run("bridge", "CHECK", node.Config()).Fails(7);
    }

    [Fact]
    public void Check_ContainersSideDiffers_IsCode102()
    {
        using var node = new Node();
        var (config, _, _) = Attached(node);
        Change(node, s => s.DeleteRoute(new RouteEntry(IpPrefix.Default(IpFamily.V4)) { Gateway = IpAddress.Parse("10.77.0.1") }), "the route default", config);
        Change(node, s => s.DeleteAddress(new AddressEntry(s.GetLink("eth0")!.Index, IpPrefix.Parse("10.77.0.2/24"))), "10.77.0.2", config);
        Change(node, s => s.SetLink("eth0", new LinkChange { Mac = MacAddress.Parse("0a:00:00:00:00:77") }), "0a:00:00:00:00:77", config);
        Change(node, s => s.SetLink("eth0", new LinkChange { Up = false }), "down", config);
    }

    [Fact]
    public void Check_NodesSideDiffers_IsCode102()
    {
        using var node = new Node();
        var (config, bridge, veth) = Attached(node);
        node.Route.SetLink(veth.Index, new LinkChange { Port = new BridgePort { Hairpin = true } });
        Assert.Contains("hairpin", node.Run("bridge", "CHECK", config).Fails(102).Stdout);
        node.Route.SetLink(veth.Index, new LinkChange { Port = new BridgePort { Hairpin = false } });
        node.Run("bridge", "CHECK", config).Succeeds();
        node.Route.DeleteAddress(new AddressEntry(bridge.Index, IpPrefix.Parse("10.77.0.1/24")));
        Assert.Contains("10.77.0.1", node.Run("bridge", "CHECK", config).Fails(102).Stdout);
        node.Route.AddAddress(new AddressEntry(bridge.Index, IpPrefix.Parse("10.77.0.1/24")));
        node.Route.SetLink(veth.Index, new LinkChange { MasterIndex = 0 });
        Assert.Contains("port", node.Run("bridge", "CHECK", config).Fails(102).Stdout);
    }

    [Fact]
    public void Check_LeaseIsGone_IsCode102()
    {
        using var node = new Node();
        var (config, _, _) = Attached(node);
        File.Delete(Path.Join(node.LeaseFolder, "10.77.0.2"));
        node.Run("bridge", "CHECK", config).Fails(102);
    }

    [Fact]
    public void Gc_CollectsLinksAndLeasesOfItsNetworkThatAreNotValid()
    {
        using var node = new Node();
        var config = node.Config();
        var other = node.Config(name: "other");
        node.Add("c1", config).Succeeds();
        node.Add("c2", config).Succeeds();
        node.Add("c3", other).Succeeds();
        node.Run("bridge", "GC", config).Fails(7);
        Assert.Equal(3, node.Veths().Length);
        node.Run("bridge", "GC", Valid(config, "c2")).Succeeds();
        Assert.Equal(["podwire:net/c2/eth0", "podwire:other/c3/eth0"], node.Route.ListLinks().Where(l => l.Kind == "veth").Select(l => l.Alias!).Order(StringComparer.Ordinal));
        Assert.Equal(["10.77.0.3"], node.Leases());
    }

    [Fact]
    public void Status_Usable_Succeeds()
    {
        using var node = new Node();
        node.Run("bridge", "STATUS", node.Config()).Succeeds();
        node.Run("loopback", "STATUS", node.Config()).Succeeds();
        node.Run("bridge", "STATUS", node.Config(version: "1.0.0")).Fails(1);
    }

    [Fact]
    public void Loopback_AddCheckDel()
    {
        using var node = new Node();
        const string Config = """{"cniVersion":"1.0.0","name":"lo","type":"loopback"}""";
        var result = node.Add("c1", Config, "loopback").Succeeds();
        Assert.Equal("127.0.0.1", result.Ip);
        Assert.Equal("lo", result.Json.GetProperty("interfaces")[0].GetProperty("name").GetString());
        node.Run("loopback", "CHECK", Config).Succeeds();
        node.Del("c1", Config, "loopback").Succeeds();
        Assert.False(node.In("c1", s => s.GetLink("lo"))!.IsUp);
        node.Run("loopback", "CHECK", Config).Fails(102);
        const string Previous = """{"cniVersion":"1.0.0","interfaces":[{"name":"eth0"}],"ips":[{"interface":0,"address":"10.0.0.9/24"}],"dns":{}}""";
        Assert.Equal(Previous, node.Add("c1", Node.With(Config, Previous), "loopback").Succeeds().Stdout.Trim());
    }

    private static string Valid(string config, string container) =>
        config.TrimEnd()[..^1] + $",\"cni.dev/valid-attachments\":[{{\"containerID\":\"{container}\",\"ifname\":\"eth0\"}}]}}";

    private static void Change(Node node, Action<RouteSocket> change, string named, string config)
    {
        node.In("c1", s =>
        {
            change(s);
            return true;
        });
        Assert.Contains(named, node.Run("bridge", "CHECK", config).Fails(102).Stdout);
    }
}
