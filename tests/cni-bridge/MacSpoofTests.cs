using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Tests;

public class MacSpoofTests
{
    private const string Guard = ",\"macspoofchk\":true";

    private static string[] Owners(Node node)
    {
        using var nft = NftSocket.Open(node.Host);
        var table = nft.ReadTable(new TableId(TableFamily.Bridge, "podwire-cni-macspoof"));
        if (table is null)
        {
            return [];
        }

        var guarded = table.FindSet("guarded")!.Elements.Select(e => e.Comment!).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(guarded, table.FindSet("allowed")!.Elements.Select(e => e.Comment!).Order(StringComparer.Ordinal));
        return guarded;
    }

    [Fact]
    public void Add_OtherSourceAddress_IsDropped()
    {
        using var node = new Node();
        var config = node.Config(Guard);
        config = Node.With(config, node.Add("c1", config).Succeeds().Stdout);
        var second = node.Add("c2", node.Config()).Succeeds().Ip;
        BridgeAddTests.Talk(node.Container("c1"), node.Container("c2"), second);
        node.Run("bridge", "CHECK", config).Succeeds();

        var own = node.In("c1", s => s.GetLink("eth0"))!.Mac;
        SetMac(node, "c1", MacAddress.Parse("0a:00:00:00:00:66"));
        Assert.ThrowsAny<Exception>(() => BridgeAddTests.Talk(node.Container("c1"), node.Container("c2"), second));
        SetMac(node, "c1", own!.Value);
        BridgeAddTests.Talk(node.Container("c1"), node.Container("c2"), second);

        // A container that is not guarded may send from any address.
        SetMac(node, "c2", MacAddress.Parse("0a:00:00:00:00:67"));
        BridgeAddTests.Talk(node.Container("c2"), node.Host, "10.77.0.1");
    }

    [Fact]
    public void Check_ElementGone_IsCode102()
    {
        using var node = new Node();
        var config = node.Config(Guard);
        config = Node.With(config, node.Add("c1", config).Succeeds().Stdout);
        using var nft = NftSocket.Open(node.Host);
        nft.Apply(new NftBatch().Add(new DeleteTable(new TableId(TableFamily.Bridge, "podwire-cni-macspoof"))));
        Assert.Contains("guarded", node.Run("bridge", "CHECK", config).Fails(102).Stdout);
    }

    [Fact]
    public void Del_RemovesTheElements_WithoutNamespaceToo()
    {
        using var node = new Node();
        node.Add("c1", node.Config(Guard)).Succeeds();
        node.Add("c2", node.Config(Guard)).Succeeds();
        Assert.Equal(["podwire:net/c1/eth0", "podwire:net/c2/eth0"], Owners(node));
        node.RemoveContainer("c1");
        node.Del("c1", node.Config()).Succeeds();
        Assert.Equal(["podwire:net/c2/eth0"], Owners(node));
        node.Del("c2", node.Config(Guard)).Succeeds();
        Assert.Empty(Owners(node));
    }

    [Fact]
    public void Gc_RemovesElementsOfItsNetworkThatAreNotValid()
    {
        using var node = new Node();
        foreach (var container in (string[])["c1", "c2"])
        {
            node.Add(container, node.Config(Guard)).Succeeds();
        }

        node.Add("c3", node.Config(Guard, name: "other")).Succeeds();
        node.Run("bridge", "GC", Plugins.Valid(node.Config(Guard), "c2")).Succeeds();
        Assert.Equal(["podwire:net/c2/eth0", "podwire:other/c3/eth0"], Owners(node));
    }

    [Fact]
    public void Add_FailsAfterwards_LeavesNoElement()
    {
        using var node = new Node();
        const string Bad = """{"type":"static","addresses":[{"address":"10.77.0.5/24"}],"routes":[{"dst":"10.9.0.0/16","gw":"192.0.2.1"}]}""";
        node.Add("c1", node.Config(Guard, Bad)).Fails(100);
        Assert.Empty(Owners(node));
        Assert.Empty(node.Veths());
    }

    [Fact]
    public void Add_Again_HasOneElement()
    {
        using var node = new Node();
        node.Add("c1", node.Config(Guard)).Succeeds();
        node.Add("c1", node.Config(Guard)).Succeeds();
        Assert.Equal(["podwire:net/c1/eth0"], Owners(node));
    }

    private static void SetMac(Node node, string container, MacAddress mac) => node.In(container, s =>
    {
        s.SetLink("eth0", new LinkChange { Mac = mac });
        return true;
    });
}
