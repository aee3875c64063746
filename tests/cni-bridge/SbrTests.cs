using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

public class SbrTests
{
    private static string Dual(Node node) => node.Ipam("\"ranges\":[[{\"subnet\":\"10.77.0.0/24\"}],[{\"subnet\":\"fd77::/64\"}]],\"routes\":[{\"dst\":\"10.9.0.0/16\"}]");

    private static string Chained(Node node, string more = "", string version = "1.0.0") =>
        Node.With(Plugins.Config("sbr", more, version), Plugins.Bridged(node, version: version, ipam: Dual(node)));

    private static string[] Rules(Node node, IpFamily family) =>
        [.. node.In("c1", s => s.ListRules(family)).Where(r => r.Source is not null).Select(r => $"{r.Source} {r.Table}").Order(StringComparer.Ordinal)];

    private static string[] Table(Node node, IpFamily family, uint table) =>
        [.. node.In("c1", s => s.ListRoutes(family, table)).Select(r => $"{r.Destination} {r.Gateway}".Trim()).Order(StringComparer.Ordinal)];

    [Fact]
    public void Add_DualStack_MovesTheRoutesToATableOfTheAddress()
    {
        using var node = new Node();
        var config = Chained(node);
        var result = node.Add("c1", config, "sbr").Succeeds().Stdout.Trim();
        Assert.Equal(config[(config.IndexOf("prevResult", StringComparison.Ordinal) + 12)..^1], result);
        Assert.Equal(["10.77.0.2/32 100"], Rules(node, IpFamily.V4));
        Assert.Equal(["fd77::2/128 100"], Rules(node, IpFamily.V6));
        Assert.Equal(["0.0.0.0/0 10.77.0.1", "10.77.0.0/24", "10.9.0.0/16 10.77.0.1"], Table(node, IpFamily.V4, 100));
        Assert.Equal(["::/0 fd77::1", "fd77::/64"], Table(node, IpFamily.V6, 100));
        Assert.Empty(Table(node, IpFamily.V4, RouteEntry.MainTable));
        Assert.Equal(["fe80::/64"], Table(node, IpFamily.V6, RouteEntry.MainTable));
        node.Run("sbr", "CHECK", config).Succeeds();
        node.Del("c1", config, "sbr").Succeeds();
        Assert.Empty(Rules(node, IpFamily.V4));
        Assert.Empty(Rules(node, IpFamily.V6));
        node.Del("c1", config, "sbr").Succeeds();
    }

    [Fact]
    public void Add_TwoInterfaces_EachAnswersByItsOwn()
    {
        using var node = new Node();
        node.Container("c1");
        var uplinks = new Dictionary<string, string>();
        foreach (var (name, subnet) in (ReadOnlySpan<(string, string)>)[("eth0", "10.77.0.0/24"), ("eth1", "10.78.0.0/24")])
        {
            var config = node.Config(",\"isDefaultGateway\":" + (name == "eth0" ? "true" : "false"), node.Ipam($"\"subnet\":\"{subnet}\""), "1.0.0", "net-" + name, "br-" + name);
            var result = node.Run("bridge", "ADD", config, ifName: name).Succeeds();
            node.Run("sbr", "ADD", Node.With(Plugins.Config("sbr", name: "net-" + name), result.Stdout), ifName: name).Succeeds();
            uplinks[name] = result.Ip;
        }

        Assert.Equal(["10.77.0.2/32 100", "10.78.0.2/32 101"], Rules(node, IpFamily.V4));
        Assert.Equal(["0.0.0.0/0 10.77.0.1", "10.77.0.0/24"], Table(node, IpFamily.V4, 100));
        Assert.Equal(["0.0.0.0/0 10.78.0.1", "10.78.0.0/24"], Table(node, IpFamily.V4, 101));
        Assert.Equal("10.77.0.2", uplinks["eth0"]);
    }

    [Fact]
    public void Add_TableAndHints_AreTaken()
    {
        using var node = new Node();
        var config = Chained(node, ",\"table\":500,\"addSourceHints\":true");
        node.Add("c1", config, "sbr").Succeeds();
        Assert.Equal(["10.77.0.2/32 500"], Rules(node, IpFamily.V4));
        Assert.All(node.In("c1", s => s.ListRoutes(IpFamily.V4, 500)), r => Assert.Equal(IpAddress.Parse("10.77.0.2"), r.PreferredSource));
        node.Run("sbr", "CHECK", config).Succeeds();
    }

    [Fact]
    public void Add_Again_HasOneRule()
    {
        using var node = new Node();
        var config = Chained(node);
        node.Add("c1", config, "sbr").Succeeds();
        node.Add("c1", config, "sbr").Succeeds();
        Assert.Single(Rules(node, IpFamily.V4));
        node.Run("sbr", "CHECK", config).Succeeds();
    }

    [Theory]
    [InlineData(",\"table\":254", 7)]
    [InlineData(",\"table\":-1", 7)]
    [InlineData(",\"table\":\"x\"", 6)]
    public void Add_WrongInput_ChangesNothing(string more, int code)
    {
        using var node = new Node();
        node.Add("c1", Chained(node, more), "sbr").Fails(code);
        Assert.Empty(Rules(node, IpFamily.V4));
        Assert.NotEmpty(Table(node, IpFamily.V4, RouteEntry.MainTable));
    }

    [Fact]
    public void Add_NotChainedOrWithoutAddress_IsCode7()
    {
        using var node = new Node();
        node.Add("c1", Plugins.Config("sbr"), "sbr").Fails(7);
        node.Add("c1", Node.With(Plugins.Config("sbr"), """{"cniVersion":"1.0.0","interfaces":[{"name":"eth0"}],"dns":{}}"""), "sbr").Fails(7);
    }

    [Fact]
    public void Add_FailsHalfWay_PutsTheRoutesBack()
    {
        using var node = new Node();
        var config = Chained(node);
        var before = Table(node, IpFamily.V4, RouteEntry.MainTable);

        // The second address is not one of the interface's, and its gateway is on no link.
        var broken = config.Replace("\"fd77::2/64\"", "\"10.99.0.2/24\"", StringComparison.Ordinal).Replace("\"fd77::1\"", "\"10.99.0.1\"", StringComparison.Ordinal);
        node.Add("c1", broken, "sbr").Fails(100);
        Assert.Empty(Rules(node, IpFamily.V4));
        Assert.Equal(before, Table(node, IpFamily.V4, RouteEntry.MainTable));
        Assert.Empty(Table(node, IpFamily.V4, 100));
    }

    [Fact]
    public void Check_RuleOrRouteGone_IsCode102()
    {
        using var node = new Node();
        var config = Chained(node);
        node.Add("c1", config, "sbr").Succeeds();
        node.In("c1", s => s.DeleteRoute(new RouteEntry(IpPrefix.Default(IpFamily.V4)) { Table = 100 }));
        Assert.Contains("default route", node.Run("sbr", "CHECK", config).Fails(102).Stdout);
        node.In("c1", s => s.DeleteRule(s.ListRules(IpFamily.V4).Single(r => r.Source is not null)));
        Assert.Contains("no rule", node.Run("sbr", "CHECK", config).Fails(102).Stdout);
    }

    [Fact]
    public void Verbs_NamespaceGone_Succeed()
    {
        using var node = new Node();
        var config = Chained(node, version: "1.1.0");
        node.Add("c1", config, "sbr").Succeeds();
        node.RemoveContainer("c1");
        node.Del("c1", config, "sbr").Succeeds();
        node.Run("sbr", "GC", Plugins.Valid(Plugins.Config("sbr", version: "1.1.0"))).Succeeds();
        node.Run("sbr", "GC", Plugins.Config("sbr", version: "1.1.0")).Fails(7);
        node.Run("sbr", "STATUS", Plugins.Config("sbr", version: "1.1.0")).Succeeds();
        node.Run("sbr", "STATUS", Plugins.Config("sbr", ",\"table\":255", "1.1.0")).Fails(7);
    }

    [Fact]
    public void Add_SameConfiguration_AnswersAndRoutesAsTheReference()
    {
        Plugins.NeedReference("sbr");
        using var node = new Node();
        var config = Chained(node);
        var theirs = Plugins.Comparable(node.Add("c1", config, "sbr", path: CniExecutables.ReferencePath), node, "c1");
        var (rules, table, main) = (Rules(node, IpFamily.V4), Table(node, IpFamily.V4, 100), Table(node, IpFamily.V4, RouteEntry.MainTable));
        node.Del("c1", config, "sbr").Succeeds();
        Assert.Empty(Rules(node, IpFamily.V4));

        using var fresh = new Node();
        config = Chained(fresh);
        Assert.Equal(theirs, Plugins.Comparable(fresh.Add("c1", config, "sbr"), fresh, "c1"));
        Assert.Equal(rules, Rules(fresh, IpFamily.V4));
        Assert.Equal(table, Table(fresh, IpFamily.V4, 100));
        Assert.Equal(main, Table(fresh, IpFamily.V4, RouteEntry.MainTable));
        fresh.Del("c1", config, "sbr", CniExecutables.ReferencePath).Succeeds();
        Assert.Empty(Rules(fresh, IpFamily.V4));
        Assert.Empty(Rules(fresh, IpFamily.V6));
    }
}
