using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

/// <summary>
/// What the reference plugins do wrong, reproduced with their releases 1.1.1 and 1.9.1, as tests that these pass. Host ports (9) are in
/// <see cref="PortmapLifeTests"/>; reading every lease (10) is tested in tests/cni.
/// </summary>
public class ReferenceDefectTests
{
    [Fact]
    public void Defects1And4_Masquerade_IsRemovedAlsoWithTheNamespaceGone()
    {
        using var node = new Node();
        var config = node.Config(",\"ipMasq\":true");
        node.Add("c1", config).Succeeds();
        node.Add("c2", config).Succeeds();
        Assert.Equal(["podwire:net/c1/eth0", "podwire:net/c2/eth0"], node.MasqueradeOwners());
        node.RemoveContainer("c1");
        node.Del("c1", config).Succeeds();
        node.Del("c2", node.Config()).Succeeds();
        Assert.Empty(node.MasqueradeOwners());
    }

    [Fact]
    public void Defect2_FailedAdd_LeavesNoVethAndCanBeTriedAgain()
    {
        using var node = new Node();
        node.Add("c1", node.Config(ipam: node.Ipam("\"subnet\":\"10.77.0.0/24\",\"routes\":[{\"dst\":\"10.9.0.0/16\",\"gw\":\"192.0.2.1\"}]"))).Fails(100);
        Assert.Empty(node.Veths());
        node.Add("c1", node.Config()).Succeeds();
    }

    [Fact]
    public void Defect3_DefaultGatewayAndADefaultRouteOfIpam_IsOneRoute()
    {
        using var node = new Node();
        var config = node.Config(",\"isDefaultGateway\":true", node.Ipam("\"subnet\":\"10.77.0.0/24\",\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"0.0.0.0/0\"}]"));
        node.Add("c1", config).Succeeds();
        Assert.Single(node.In("c1", s => s.ListRoutes(IpFamily.V4)), r => r.Destination.Length == 0);
    }

    [Fact]
    public void Defect5_HostsOwnNamespace_IsNoticedBeforeAnythingChanges()
    {
        using var node = new Node();
        node.Run("bridge", "ADD", node.Config(), netNs: node.PathOf("host")).Fails(8);
        node.IsUntouched();
    }

    [Fact]
    public void Defect6_MacInCniArgs_DoesNotBreakHostLocal()
    {
        using var node = new Node();
        node.Add("c1", node.Config(), args: "MAC=0a:00:00:00:00:01").Succeeds();
        node.Add("c2", node.Config(), args: "MAC=").Succeeds();
        node.Run("host-local", "ADD", node.Config(), "c3", netNs: node.PathOf("c1"), args: "MAC=0a:00:00:00:00:01;GATEWAY=").Succeeds();
    }

    [Fact]
    public void Defect7_Gc_Collects()
    {
        using var node = new Node();
        node.Add("c1", node.Config()).Succeeds();
        node.Run("bridge", "GC", node.Config(",\"cni.dev/valid-attachments\":[]")).Succeeds();
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
    }

    [Fact]
    public void Defect8_SubnetChanges_OldAndNewContainersGoOn()
    {
        using var node = new Node();
        node.Add("c1", node.Config()).Succeeds();
        node.Add("c2", node.Config(ipam: node.Ipam("\"subnet\":\"10.78.0.0/24\""))).Succeeds();
        var addresses = node.Route.ListAddresses(node.Route.GetLink("br-test")!.Index, IpFamily.V4).Select(a => a.Prefix.ToString()).Order(StringComparer.Ordinal);
        Assert.Equal(["10.77.0.1/24", "10.78.0.1/24"], addresses);
        node.Add("c3", node.Config(",\"forceAddress\":true", node.Ipam("\"subnet\":\"10.79.0.0/24\""))).Succeeds();
        Assert.Equal(["10.79.0.1/24"], node.Route.ListAddresses(node.Route.GetLink("br-test")!.Index, IpFamily.V4).Select(a => a.Prefix.ToString()));
    }

    [Fact]
    public void Takeover_FromTheReferenceAndBack()
    {
        Assert.SkipUnless(CniExecutables.HasReference("bridge") && CniExecutables.HasReference("host-local"), "lacks: containernetworking-plugins");
        using var node = new Node();
        var config = node.Config(version: "1.0.0");
        var first = node.Add("c1", config, path: CniExecutables.ReferencePath).Succeeds();
        node.Run("bridge", "CHECK", Node.With(config, first.Stdout), "c1").Succeeds();
        var second = node.Add("c2", config).Succeeds();
        Assert.NotEqual(first.Ip, second.Ip);
        Assert.NotEqual(second.Ip, node.Add("c3", config, path: CniExecutables.ReferencePath).Succeeds().Ip);
        node.Run("bridge", "CHECK", Node.With(config, second.Stdout), "c2", path: CniExecutables.ReferencePath).Succeeds();
        node.Del("c1", config).Succeeds();
        node.Del("c2", config, path: CniExecutables.ReferencePath).Succeeds();
        node.Del("c3", config).Succeeds();
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
    }
}
