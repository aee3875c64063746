using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

/// <summary>VLANs on bridges: the guest's kernel has what this machine's may lack.</summary>
public class BridgeVlanTests
{
    private static readonly BridgeVlan Own = new(100, 100) { Pvid = true, Untagged = true };

    private static List<BridgeVlan> Vlans(Node node) => node.Route.ListPortVlans(node.Route.GetLink(node.Veths().Single())!.Index);

    [UmlFact]
    public void Add_Vlan_KeepsContainersOfOthersApart()
    {
        using var node = new Node();
        var config = node.Config(",\"vlan\":100,\"preserveDefaultVlan\":false", version: "1.1.0");
        var result = node.Add("c1", config).Succeeds();
        Assert.Equal([Own], Vlans(node));
        var same = node.Add("c2", config).Succeeds().Ip;
        var other = node.Add("c3", config.Replace("\"vlan\":100", "\"vlan\":200", StringComparison.Ordinal)).Succeeds().Ip;
        BridgeAddTests.Talk(node.Container("c1"), node.Container("c2"), same);
        Assert.ThrowsAny<Exception>(() => BridgeAddTests.Talk(node.Container("c1"), node.Container("c3"), other));

        // The gateway is reached through an interface in the VLAN, beside the bridge.
        var gateway = node.Route.GetLink("br-test.100")!;
        Assert.Contains(node.Route.ListAddresses(gateway.Index), a => a.Prefix == IpPrefix.Parse("10.77.0.1/24"));
        Assert.DoesNotContain(node.Route.ListAddresses(node.Route.GetLink("br-test")!.Index), a => a.Prefix.Address.IsV4);
        node.Run("bridge", "CHECK", Node.With(config, result.Stdout)).Succeeds();
    }

    [UmlFact]
    public void Add_VlanWithGateway_TalksToTheNode()
    {
        using var node = new Node();
        node.Add("c1", node.Config(",\"vlan\":100")).Succeeds();
        Assert.Equal([new BridgeVlan(1, 1) { Untagged = true }, Own], Vlans(node));
        BridgeAddTests.Talk(node.Container("c1"), node.Host, "10.77.0.1");
    }

    [UmlFact]
    public void Add_Trunk_IsTagged()
    {
        using var node = new Node();
        node.Add("c1", node.Config(",\"vlanTrunk\":[{\"id\":50},{\"minID\":60,\"maxID\":62}]")).Succeeds();
        Assert.Equal([new BridgeVlan(1, 1) { Pvid = true, Untagged = true }, new(50, 50), new(60, 60), new(61, 61), new(62, 62)], Vlans(node));
    }

    [UmlFact]
    public void Check_MembershipDiffers_IsCode102()
    {
        using var node = new Node();
        var config = node.Config(",\"vlan\":100,\"vlanTrunk\":[{\"id\":50}]");
        config = Node.With(config, node.Add("c1", config).Succeeds().Stdout);
        node.Run("bridge", "CHECK", config).Succeeds();
        node.Route.DeletePortVlan(node.Route.GetLink(node.Veths().Single())!.Index, new BridgeVlan(50, 50));
        Assert.Contains("VLANs", node.Run("bridge", "CHECK", config).Fails(102).Stdout);
    }

    [UmlFact]
    public void Add_BridgeWithoutFiltering_BeginsToFilterAndKeepsItsPortsTalking()
    {
        using var node = new Node();
        node.Add("c1", node.Config()).Succeeds();
        var plain = node.Add("c2", node.Config()).Succeeds().Ip;
        node.Add("c3", node.Config(",\"vlan\":100")).Succeeds();
        Assert.True(node.Route.GetLink("br-test")!.Bridge!.VlanFiltering);
        BridgeAddTests.Talk(node.Container("c1"), node.Container("c2"), plain);
    }

    [UmlFact]
    public void Add_SameConfiguration_AnswersAndJoinsAsTheReference()
    {
        Plugins.NeedReference("bridge");
        using var node = new Node();
        var config = Plugins.Config("bridge", ",\"bridge\":\"br-test\",\"vlan\":100");
        var theirs = Plugins.Comparable(node.Add("c1", config, path: CniExecutables.ReferencePath), node, "c1");
        var veth = node.Veths().Single();
        var joined = Vlans(node);
        node.Del("c1", config).Succeeds();
        var ours = Plugins.Comparable(node.Add("c1", config), node, "c1");
        Assert.Equal(theirs.Replace(veth, "VETH", StringComparison.Ordinal), ours.Replace(node.Veths().Single(), "VETH", StringComparison.Ordinal));
        Assert.Equal(joined, Vlans(node));
        node.Del("c1", config, path: CniExecutables.ReferencePath).Succeeds();
        Assert.Empty(node.Veths());
    }

    [Theory]
    [InlineData(",\"vlan\":100", "vlan")]
    [InlineData(",\"vlanTrunk\":[{\"id\":50}]", "vlanTrunk")]
    public void Add_KernelWithoutFiltering_NamesTheOptionAndChangesNothing(string more, string key)
    {
        using var node = new Node();
        Assert.SkipWhen(KernelFeature.HasBridgeVlanFiltering(), "this kernel has CONFIG_BRIDGE_VLAN_FILTERING");
        var answer = node.Add("c1", node.Config(more)).Fails(2).Stdout;
        Assert.Contains("CONFIG_BRIDGE_VLAN_FILTERING", answer, StringComparison.Ordinal);
        Assert.Contains($"\\\"{key}\\\"", answer, StringComparison.Ordinal);
        node.IsUntouched();
        node.Run("bridge", "STATUS", node.Config(more)).Fails(2);
        node.Add("c1", node.Config(",\"preserveDefaultVlan\":false,\"vlan\":0,\"vlanTrunk\":[]")).Succeeds();
    }

    [Theory]
    [InlineData(",\"vlan\":4095", 7)]
    [InlineData(",\"vlan\":-1", 7)]
    [InlineData(",\"vlan\":\"5\"", 6)]
    [InlineData(",\"vlanTrunk\":[{\"minID\":5}]", 7)]
    [InlineData(",\"vlanTrunk\":[{\"id\":0}]", 7)]
    [InlineData(",\"vlanTrunk\":[5]", 6)]
    public void Add_WrongVlan_ChangesNothing(string more, int code)
    {
        using var node = new Node();
        node.Add("c1", node.Config(more)).Fails(code);
        node.IsUntouched();
    }
}
