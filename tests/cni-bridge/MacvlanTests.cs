using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

public class MacvlanTests
{
    private static string Ipam(Node node) => ",\"ipam\":" + node.Ipam("\"ranges\":[[{\"subnet\":\"10.77.0.0/24\"}],[{\"subnet\":\"fd77::/64\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\"}]");

    /// <summary>A node with a network card: one end of a pair.</summary>
    private static Node WithCard()
    {
        var node = new Node();
        node.Route.AddLink(new VethSpec("card", "wire") { Up = true });
        node.Route.SetLink("wire", new LinkChange { Up = true });
        return node;
    }

    [Theory]
    [InlineData("", MacvlanMode.Bridge)]
    [InlineData(",\"mode\":\"bridge\"", MacvlanMode.Bridge)]
    [InlineData(",\"mode\":\"private\"", MacvlanMode.Private)]
    [InlineData(",\"mode\":\"vepa\"", MacvlanMode.Vepa)]
    [InlineData(",\"mode\":\"passthru\"", MacvlanMode.Passthru)]
    public void Add_Mode_IsTheKernels(string mode, MacvlanMode expected)
    {
        using var node = WithCard();
        var config = Plugins.Config("macvlan", ",\"master\":\"card\",\"mtu\":1400" + mode + Ipam(node), "1.1.0");
        var result = node.Add("c1", config, "macvlan").Succeeds();
        var link = node.In("c1", s => s.GetLink("eth0"))!;
        Assert.Equal(expected, link.Macvlan);
        Assert.Equal(1400, link.Mtu);
        Assert.True(link.IsUp);
        Assert.Equal("podwire:net/c1/eth0", link.Alias);
        Assert.Equal(2, result.Json.GetProperty("ips").GetArrayLength());
        Assert.Equal(IpAddress.Parse("10.77.0.1"), node.In("c1", s => s.ListRoutes(IpFamily.V4)).Single(r => r.Destination.Length == 0).Gateway);
        Assert.Equal(IpAddress.Parse("fd77::1"), node.In("c1", s => s.ListRoutes(IpFamily.V6)).Single(r => r.Destination.Length == 0).Gateway);
        node.Run("macvlan", "CHECK", Node.With(config, result.Stdout)).Succeeds();
        node.Del("c1", config, "macvlan").Succeeds();
        Assert.Null(node.In("c1", s => s.GetLink("eth0")));
        Assert.Empty(node.Leases());
        node.Del("c1", config, "macvlan").Succeeds();
    }

    [Fact]
    public void Add_TwoContainersOnOneCard_TalkToEachOther()
    {
        using var node = WithCard();
        var config = Plugins.Config("macvlan", ",\"master\":\"card\"" + Ipam(node));
        node.Add("c1", config, "macvlan").Succeeds();
        var second = node.Add("c2", config, "macvlan").Succeeds().Ip;
        BridgeAddTests.Talk(node.Container("c1"), node.Container("c2"), second);
    }

    [Fact]
    public void Add_Mac_RuntimeConfigThenCniArgsThenOwn()
    {
        using var node = WithCard();
        const string Own = ",\"master\":\"card\",\"mac\":\"0a:00:00:00:00:03\"";
        node.Add("c1", Plugins.Config("macvlan", Own + ",\"runtimeConfig\":{\"mac\":\"0a:00:00:00:00:01\"}"), "macvlan", "MAC=0a:00:00:00:00:02").Succeeds();
        node.Add("c2", Plugins.Config("macvlan", Own), "macvlan", "MAC=0a:00:00:00:00:02").Succeeds();
        node.Add("c3", Plugins.Config("macvlan", Own), "macvlan").Succeeds();
        Assert.Equal(
            ["0a:00:00:00:00:01", "0a:00:00:00:00:02", "0a:00:00:00:00:03"],
            ((string[])["c1", "c2", "c3"]).Select(c => node.In(c, s => s.GetLink("eth0"))!.Mac.ToString()));
    }

    [Fact]
    public void Add_NoMaster_TakesThatOfTheDefaultRoute()
    {
        using var node = WithCard();
        var config = Plugins.Config("macvlan");
        Assert.Contains("default route", node.Add("c1", config, "macvlan").Fails(7).Stdout);
        var card = node.Route.GetLink("card")!.Index;
        node.Route.AddAddress(new AddressEntry(card, IpPrefix.Parse("192.0.2.9/24")));
        node.Route.AddRoute(new RouteEntry(IpPrefix.Default(IpFamily.V4)) { Gateway = IpAddress.Parse("192.0.2.1") });
        node.Add("c1", config, "macvlan").Succeeds();
        Assert.Equal(card, node.In("c1", s => s.GetLink("eth0"))!.ParentIndex);
    }

    [Fact]
    public void Add_LinkInContainer_TakesTheMasterThere()
    {
        using var node = new Node();
        node.Container("c1");
        node.In("c1", s =>
        {
            s.AddLink(new VethSpec("card", "wire") { Up = true });
            return true;
        });
        var config = Plugins.Config("macvlan", ",\"master\":\"card\",\"linkInContainer\":true" + Ipam(node), "1.1.0");
        var result = node.Add("c1", config, "macvlan").Succeeds().Stdout;
        Assert.Equal("macvlan", node.In("c1", s => s.GetLink("eth0"))!.Kind);
        node.Run("macvlan", "CHECK", Node.With(config, result)).Succeeds();
        node.Run("macvlan", "STATUS", config).Succeeds();
        node.Del("c1", config, "macvlan").Succeeds();
        Assert.Null(node.In("c1", s => s.GetLink("eth0")));
    }

    [Theory]
    [InlineData(",\"master\":\"nope\"", 7, "nope")]
    [InlineData(",\"master\":\"a/b\"", 7, "a/b")]
    [InlineData(",\"master\":\"card\",\"mode\":\"zap\"", 7, "zap")]
    [InlineData(",\"master\":\"card\",\"mtu\":1501", 7, "1501")]
    [InlineData(",\"master\":\"card\",\"mtu\":-1", 7, "-1")]
    [InlineData(",\"master\":\"card\",\"mac\":\"ff:ff:ff:ff:ff:ff\"", 7, "ff:ff")]
    [InlineData(",\"master\":5", 6, "master")]
    public void Add_WrongInput_LeavesNothing(string more, int code, string named)
    {
        using var node = WithCard();
        Assert.Contains(named, node.Add("c1", Plugins.Config("macvlan", more + Ipam(node)), "macvlan").Fails(code).Stdout);
        Assert.Null(node.In("c1", s => s.GetLink("eth0")));
        Assert.Empty(node.Leases());
    }

    [Fact]
    public void Add_NameTaken_LeavesItAndNoLease()
    {
        using var node = WithCard();
        node.Container("c1");
        node.In("c1", s =>
        {
            s.AddLink(new BridgeSpec("eth0"));
            return true;
        });
        node.Add("c1", Plugins.Config("macvlan", ",\"master\":\"card\"" + Ipam(node)), "macvlan").Fails(103);
        Assert.Equal("bridge", node.In("c1", s => s.GetLink("eth0"))!.Kind);
        Assert.Empty(node.Leases());
        node.Del("c1", Plugins.Config("macvlan", ",\"master\":\"card\"" + Ipam(node)), "macvlan").Succeeds();
        Assert.Equal("bridge", node.In("c1", s => s.GetLink("eth0"))!.Kind);
    }

    [Fact]
    public void Add_Again_ReplacesWhatAKilledOneLeft()
    {
        using var node = WithCard();
        var config = Plugins.Config("macvlan", ",\"master\":\"card\"" + Ipam(node));
        var first = node.Add("c1", config, "macvlan").Succeeds().Ip;
        Assert.Equal(first, node.Add("c1", config, "macvlan").Succeeds().Ip);
    }

    [Fact]
    public void Add_AddressCannotBeSet_LeavesNothing()
    {
        using var node = WithCard();

        // A route whose gateway is on no link: the last message fails.
        const string Bad = ",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.1.0.5/24\"}],\"routes\":[{\"dst\":\"10.9.0.0/16\",\"gw\":\"192.0.2.1\"}]}";
        node.Add("c1", Plugins.Config("macvlan", ",\"master\":\"card\"" + Bad), "macvlan").Fails(100);
        Assert.Null(node.In("c1", s => s.GetLink("eth0")));
    }

    [Fact]
    public void Check_KernelDiffers_IsCode102()
    {
        using var node = WithCard();
        var config = Plugins.Config("macvlan", ",\"master\":\"card\"" + Ipam(node));
        config = Node.With(config, node.Add("c1", config, "macvlan").Succeeds().Stdout);
        node.Run("macvlan", "CHECK", config).Succeeds();
        node.Run("macvlan", "CHECK", Plugins.Config("macvlan", ",\"master\":\"card\",\"mode\":\"vepa\"" + Ipam(node))).Fails(7);
        Assert.Contains("mode", node.Run("macvlan", "CHECK", config.Replace("\"master\":", "\"mode\":\"vepa\",\"master\":", StringComparison.Ordinal)).Fails(102).Stdout);
        node.In("c1", s => s.DeleteAddress(new AddressEntry(s.GetLink("eth0")!.Index, IpPrefix.Parse("10.77.0.2/24"))));
        Assert.Contains("10.77.0.2", node.Run("macvlan", "CHECK", config).Fails(102).Stdout);
        node.In("c1", s => s.DeleteLink("eth0"));
        Assert.Contains("gone", node.Run("macvlan", "CHECK", config).Fails(102).Stdout);
    }

    [Fact]
    public void DelAndGc_NamespaceGone_GiveTheLeasesBack()
    {
        using var node = WithCard();
        var config = Plugins.Config("macvlan", ",\"master\":\"card\"" + Ipam(node), "1.1.0");
        foreach (var container in (string[])["c1", "c2", "c3"])
        {
            node.Add(container, config, "macvlan").Succeeds();
            node.RemoveContainer(container);
        }

        node.Del("c1", config, "macvlan").Succeeds();
        Assert.Equal(4, node.Leases().Length);
        node.Run("macvlan", "GC", config).Fails(7);
        node.Run("macvlan", "GC", Plugins.Valid(config, "c3")).Succeeds();
        Assert.Equal(["10.77.0.4", "fd77::4"], node.Leases());
    }

    [Fact]
    public void Status_TellsAboutTheMaster()
    {
        using var node = WithCard();
        node.Run("macvlan", "STATUS", Plugins.Config("macvlan", ",\"master\":\"card\"" + Ipam(node), "1.1.0")).Succeeds();
        node.Run("macvlan", "STATUS", Plugins.Config("macvlan", ",\"master\":\"nope\"", "1.1.0")).Fails(50);
        node.Run("macvlan", "STATUS", Plugins.Config("macvlan", ",\"mode\":\"zap\"", "1.1.0")).Fails(7);
    }

    [Fact]
    public void Add_SameConfiguration_AnswersAsTheReference()
    {
        Plugins.NeedReference("macvlan");
        using var node = WithCard();
        var shared = ",\"master\":\"card\",\"mtu\":1400,\"mode\":\"bridge\",\"dns\":{\"nameservers\":[\"10.96.0.10\"]}" + Ipam(node);
        foreach (var version in (string[])["0.3.1", "0.4.0", "1.0.0"])
        {
            var config = Plugins.Config("macvlan", shared, version);
            var theirs = node.Add("c1", config, "macvlan", path: CniExecutables.ReferencePath);
            var expected = Plugins.Comparable(theirs, node, "c1");
            if (version != "0.3.1")
            {
                node.Run("macvlan", "CHECK", Node.With(config, theirs.Stdout)).Succeeds();
            }

            // Ours takes away what theirs made, and the other way round.
            node.Del("c1", config, "macvlan").Succeeds();
            Assert.Null(node.In("c1", s => s.GetLink("eth0")));
            Assert.Empty(node.Leases());
            File.Delete(Path.Join(node.LeaseFolder, "last_reserved_ip.0"));
            File.Delete(Path.Join(node.LeaseFolder, "last_reserved_ip.1"));
            var ours = node.Add("c1", config, "macvlan");
            Assert.Equal(expected, Plugins.Comparable(ours, node, "c1"));
            if (version != "0.3.1")
            {
                node.Run("macvlan", "CHECK", Node.With(config, ours.Stdout), path: CniExecutables.ReferencePath).Succeeds();
            }

            node.Del("c1", config, "macvlan", CniExecutables.ReferencePath).Succeeds();
            Assert.Null(node.In("c1", s => s.GetLink("eth0")));
            Assert.Empty(node.Leases());
            File.Delete(Path.Join(node.LeaseFolder, "last_reserved_ip.0"));
            File.Delete(Path.Join(node.LeaseFolder, "last_reserved_ip.1"));
        }
    }
}
