using Podwire.Netlink.Route;
using Podwire.Primitives;
using static Podwire.CniBridge.Tests.PortmapNode;

namespace Podwire.CniBridge.Tests;

/// <summary>The plugin ptp.</summary>
public class PtpTests
{
    [Theory]
    [InlineData("")]
    [InlineData(",\"ipMasqBackend\":\"iptables\"")]
    public void Add_ContainersTalkThroughTheNode(string more)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var config = Config(node, ",\"ipMasq\":true,\"mtu\":1400,\"dns\":{\"nameservers\":[\"10.96.0.10\"]}" + more);
        var first = node.Add("c1", config, "ptp").Succeeds();
        var second = node.Add("c2", config, "ptp").Succeeds();
        var json = first.Json;
        var veth = node.Veths().Single(v => v == json.GetProperty("interfaces")[0].GetProperty("name").GetString());
        Assert.Equal("eth0", json.GetProperty("interfaces")[1].GetProperty("name").GetString());
        Assert.Equal(node.PathOf("c1"), json.GetProperty("interfaces")[1].GetProperty("sandbox").GetString());
        Assert.Equal("""[{"interface":1,"address":"10.77.0.2/24","gateway":"10.77.0.1"},{"interface":1,"address":"fd77::2/64","gateway":"fd77::1"}]""", json.GetProperty("ips").GetRawText());
        Assert.Equal("""{"nameservers":["10.96.0.10"]}""", json.GetProperty("dns").GetRawText());
        Assert.Equal("podwire:net/c1/eth0", node.Route.GetLink(veth)!.Alias);
        Assert.Equal(1400, node.In("c1", s => s.GetLink("eth0"))!.Mtu);

        using var four = Traffic.Serve(node.Container("c2"), "10.77.0.3", 80);
        using var six = Traffic.Serve(node.Container("c2"), "fd77::3", 80);
        using var away = Traffic.Serve(outside, "192.0.2.2", 80);
        using var awaySix = Traffic.Serve(outside, "2001:db8::2", 80);
        Assert.Equal("10.77.0.2", Traffic.SeenFrom(node.Container("c1"), "10.77.0.3", 80));
        Assert.Equal("fd77::2", Traffic.SeenFrom(node.Container("c1"), "fd77::3", 80));
        Assert.Equal("10.77.0.1", Traffic.SeenFrom(node.Host, "10.77.0.3", 80));
        Assert.NotNull(Traffic.SeenFrom(node.Host, "fd77::3", 80));
        Assert.Equal("192.0.2.1", Traffic.SeenFrom(node.Container("c1"), "192.0.2.2", 80));
        Assert.Equal("2001:db8::1", Traffic.SeenFrom(node.Container("c1"), "2001:db8::2", 80));

        node.Run("ptp", "CHECK", Node.With(config, first.Stdout)).Succeeds();
        node.Del("c1", config, "ptp").Succeeds();
        node.RemoveContainer("c2");
        node.Del("c2", config, "ptp").Succeeds();
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
        Assert.Empty(node.MasqueradeOwners());
        Assert.Empty(Iptables.Save(node, "nat"));
        node.Del("c1", config, "ptp").Succeeds();
        Assert.NotNull(second);
    }

    [Fact]
    public void Add_AnswersAsTheReferenceDoes()
    {
        Assert.SkipUnless(CniExecutables.HasReference("ptp") && CniExecutables.HasReference("host-local"), "lacks: containernetworking-plugins");
        using var node = new Node();
        var config = Config(node, "", "1.0.0");
        var theirs = node.Add("c1", config, "ptp", path: CniExecutables.ReferencePath).Succeeds();
        var theirRoutes = Routes(node, "c1");
        node.Run("ptp", "CHECK", Node.With(config, theirs.Stdout)).Succeeds();
        node.Del("c1", config, "ptp").Succeeds();
        Assert.Empty(node.Veths());
        var ours = node.Add("c1", config.TrimEnd()[..^1] + ",\"runtimeConfig\":{\"ips\":[\"10.77.0.2\",\"fd77::2\"]}}", "ptp").Succeeds();
        Assert.Equal(Shape(theirs, node), Shape(ours, node));
        Assert.Equal(theirRoutes, Routes(node, "c1"));
        node.Run("ptp", "CHECK", Node.With(config, ours.Stdout), path: CniExecutables.ReferencePath).Succeeds();
        node.Del("c1", config, "ptp", path: CniExecutables.ReferencePath).Succeeds();
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
    }

    [Fact]
    public void Check_SomethingDiffers_IsCode102()
    {
        using var node = new Node();
        var config = Config(node, "");
        var check = Node.With(config, node.Add("c1", config, "ptp").Succeeds().Stdout);
        node.Run("ptp", "CHECK", check).Succeeds();
        var veth = node.Route.GetLink(node.Veths().Single())!;
        node.Route.DeleteRoute(new RouteEntry(IpPrefix.Parse("10.77.0.2/32")) { InterfaceIndex = veth.Index });
        Assert.Contains("10.77.0.2/32", node.Run("ptp", "CHECK", check).Fails(102).Stdout);
        check = Node.With(config, node.Add("c1", config, "ptp").Succeeds().Stdout);
        node.Run("ptp", "CHECK", check).Succeeds();
        node.In("c1", s => s.DeleteRoute(new RouteEntry(IpPrefix.Parse("10.77.0.0/24")) { Gateway = IpAddress.Parse("10.77.0.1") }));
        Assert.Contains("10.77.0.0/24", node.Run("ptp", "CHECK", check).Fails(102).Stdout);
        node.Run("ptp", "CHECK", config).Fails(7);
    }

    [Fact]
    public void Gc_CollectsLinksAndLeases()
    {
        using var node = new Node();
        var config = Config(node, ",\"ipMasq\":true");
        node.Add("c1", config, "ptp").Succeeds();
        node.Add("c2", config, "ptp").Succeeds();
        node.Run("ptp", "GC", config.TrimEnd()[..^1] + ",\"cni.dev/valid-attachments\":[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]}").Succeeds();
        Assert.Single(node.Veths());
        Assert.Equal(["podwire:net/c2/eth0"], node.MasqueradeOwners());
        Assert.Equal(2, node.Leases().Length);
        node.Run("ptp", "STATUS", config).Succeeds();
    }

    [Theory]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"ptp\"}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"ipam\":{\"type\":\"host-local\"},\"mtu\":1}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"ipam\":{\"type\":\"host-local\"},\"ipMasqBackend\":\"pf\"}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"ipam\":{\"type\":\"host-local\"},\"ipMasq\":\"yes\"}", 6)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"ipam\":{\"type\":\"no-such\"}}", 104)]
    public void Add_BadConfig_HasItsCodeAndChangesNothing(string config, int code)
    {
        using var node = new Node();
        node.Add("c1", config, "ptp").Fails(code);
        node.IsUntouched();
    }

    [Fact]
    public void Killed_AtAnyMoment_DelOrAnotherAddLeavesNothing()
    {
        using var node = new Node();
        var config = Config(node, ",\"ipMasq\":true");
        var random = new Random(4);
        for (var i = 0; i < 30; i++)
        {
            node.Container("c1");
            using (var process = node.Start("ptp", "ADD", config, "c1"))
            {
                Thread.Sleep(TimeSpan.FromMicroseconds(random.Next(0, 6000)));
                process.Kill();
                process.WaitForExit();
            }

            if (i % 3 == 0)
            {
                node.Add("c1", config, "ptp").Succeeds();
            }
            else if (i % 3 == 1)
            {
                node.RemoveContainer("c1");
            }

            node.Del("c1", config, "ptp").Succeeds();
            Assert.Empty(node.Veths());
            Assert.Empty(node.Leases());
            Assert.Empty(node.MasqueradeOwners());
        }
    }

    private static string Config(Node node, string more, string version = "1.1.0") => $$"""
        {"cniVersion":"{{version}}","name":"net","type":"ptp","ipam":{{node.Ipam(Dual + ",\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\"}]")}}{{more}}}
        """;

    /// <summary>The result without what is random in it.</summary>
    private static string Shape(Answer answer, Node node)
    {
        var text = answer.Json.GetRawText();
        foreach (var entry in answer.Json.GetProperty("interfaces").EnumerateArray())
        {
            text = text.Replace(entry.GetProperty("mac").GetString()!, "MAC", StringComparison.Ordinal);
        }

        text = text.Replace(answer.Json.GetProperty("interfaces")[0].GetProperty("name").GetString()!, "VETH", StringComparison.Ordinal);
        return System.Text.RegularExpressions.Regex.Replace(text, "\\s", string.Empty).Replace(",\"dns\":{}", string.Empty, StringComparison.Ordinal);
    }

    private static string[] Routes(Node node, string container) => node.In(container, s => s.ListRoutes(IpFamily.V4).Concat(s.ListRoutes(IpFamily.V6))
        .Where(r => !r.Destination.Address.IsLinkLocal && !r.Destination.Address.IsMulticast)
        .Select(r => $"{r.Destination} {r.Gateway} {r.PreferredSource} {r.Scope}").Order(StringComparer.Ordinal).ToArray());
}
