namespace Podwire.CniBridge.Tests;

public class StaticTests
{
    private const string Ipam = """
        ,"ipam":{"type":"static","addresses":[{"address":"10.1.0.5/24","gateway":"10.1.0.1"},{"address":"fd00::5/64"}],
         "routes":[{"dst":"0.0.0.0/0"},{"dst":"10.9.0.0/16","gw":"10.1.0.9"}],"dns":{"nameservers":["10.96.0.10"],"search":["a.b"]}}
        """;

    public static TheoryData<string, string> Cases => new()
    {
        { Ipam, "" },
        { Ipam, "IP=10.2.0.9/16, fd01::7/64;GATEWAY=10.2.0.1,fd01::1" },
        { Ipam + ",\"args\":{\"cni\":{\"ips\":[\"10.3.0.5/24\"]}}", "IP=10.2.0.9/16;GATEWAY=10.2.0.1" },
        { Ipam + ",\"args\":{\"cni\":{\"ips\":[\"10.3.0.5/24\"]}},\"runtimeConfig\":{\"ips\":[\"10.4.0.5/24\",\"fd04::5/64\"]}", "GATEWAY=10.4.0.1" },
        { ",\"ipam\":{\"type\":\"static\"}", "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Add_SameConfiguration_AnswersAsTheReference(string more, string args)
    {
        Plugins.NeedReference("static");
        using var node = new Node();
        foreach (var version in (string[])["0.3.1", "0.4.0", "1.0.0"])
        {
            var config = Plugins.Config("bridge", more, version);
            var ours = Plugins.Comparable(node.Add("c1", config, "static", args), node, "c1");
            var theirs = Plugins.Comparable(node.Add("c1", config, "static", args, CniExecutables.ReferencePath), node, "c1");
            Assert.Equal(theirs, ours);
        }
    }

    [Theory]
    [InlineData("", "", 7)]
    [InlineData(",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.1.0.5\"}]}", "", 7)]
    [InlineData(",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":5}]}", "", 6)]
    [InlineData(",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.1.0.5/24\",\"gateway\":\"x\"}]}", "", 6)]
    [InlineData(",\"ipam\":{\"type\":\"static\"},\"runtimeConfig\":{\"ips\":[\"10.4.0.5\"]}", "", 7)]
    [InlineData(",\"ipam\":{\"type\":\"static\"}", "IP=10.1.0.5", 4)]
    [InlineData(",\"ipam\":{\"type\":\"static\"}", "IP=10.1.0.5/24;GATEWAY=x", 4)]
    public void Add_WrongInput_NamesIt(string more, string args, int code)
    {
        using var node = new Node();
        node.Add("c1", Plugins.Config("bridge", more), "static", args).Fails(code);
    }

    [Fact]
    public void Verbs_CheckComparesTheResult()
    {
        using var node = new Node();
        var config = Plugins.Config("bridge", Ipam, "1.1.0");
        var result = node.Add("c1", config, "static").Succeeds().Stdout;
        node.Run("static", "CHECK", Node.With(config, result)).Succeeds();
        node.Run("static", "CHECK", config).Fails(7);
        Assert.Contains("10.1.0.5", node.Run("static", "CHECK", Node.With(config, result.Replace("10.1.0.5/24", "10.1.0.6/24", StringComparison.Ordinal))).Fails(102).Stdout);
        node.Del("c1", config, "static").Succeeds();
        node.Run("static", "GC", Plugins.Valid(config)).Succeeds();
        node.Run("static", "GC", config).Fails(7);
        node.Run("static", "STATUS", config).Succeeds();
        node.Run("static", "STATUS", Plugins.Config("bridge", version: "1.1.0")).Fails(7);
        Assert.Contains("supportedVersions", node.Run("static", "VERSION", "{}").Succeeds().Stdout);
    }

    [Fact]
    public void Bridge_WithStatic_GivesTheAddressesToTheContainer()
    {
        using var node = new Node();
        var config = node.Config(ipam: """{"type":"static","addresses":[{"address":"10.77.0.9/24"},{"address":"fd77::9/64"}]}""");
        node.Add("c1", config).Succeeds();
        var addresses = node.In("c1", s => s.ListAddresses(s.GetLink("eth0")!.Index)).Select(a => a.Prefix.ToString());
        Assert.Contains("10.77.0.9/24", addresses);
        Assert.Contains("fd77::9/64", addresses);
        node.Del("c1", config).Succeeds();
        Assert.Empty(node.Veths());
    }
}
