using Podwire.Cluster.Commands;
using Podwire.Cluster.Init;

namespace Podwire.Cluster.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("weave", "nftables", "--network takes flannel-vxlan or flannel-host-gw or flannel-udp or flannel-ipip or calico-bgp or calico-rr or calico-vxlan or calico-ipip, not 'weave'")]
    [InlineData("flannel-vxlan", "ipvs", "--proxy ipvs needs the kernel module ip_vs, which this kernel lacks")]
    public void Up_UnservedMode_IsRefusedByName(string network, string proxy, string message)
    {
        var refusal = Assert.Throws<ClusterException>(() => Preflight.Check(ClusterPaths.Locate(), new UpOptions { Network = network, Proxy = proxy }));
        Assert.Contains(message, refusal.Message);
    }

    [Fact]
    public void Up_UnservedEnforcer_IsRefusedByName()
    {
        var refusal = Assert.Throws<ClusterException>(() => Preflight.Check(ClusterPaths.Locate(), new UpOptions { NetPolicy = "calico" }));
        Assert.Contains("--netpolicy takes nftables or iptables or none, not 'calico'", refusal.Message);
    }

    [Fact]
    public void CustomResources_InTheCommand_AreDefinitions() =>
        Assert.Contains(CustomResources.Read(), static definition => (string?)definition["kind"] == "CustomResourceDefinition" && (string?)definition["metadata"]!["name"] == "clusternetworkpolicies.policy.networking.k8s.io");

    [Fact]
    public void Up_IpipOnAKernelWithoutIt_IsRefusedWithTheModulesName()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root");
        Assert.SkipWhen(Directory.Exists("/sys/module/ipip"), "has: the kernel module ipip");
        foreach (var network in (string[])["flannel-ipip", "calico-ipip"])
        {
            var refusal = Assert.Throws<ClusterException>(() => Preflight.Check(ClusterPaths.Locate(), new UpOptions { Network = network }));
            Assert.Contains($"--network {network} needs the kernel module ipip, which this kernel lacks", refusal.Message);
        }
    }

    [Fact]
    public void Up_PortInUse_IsNamed()
    {
        using var taken = Preflight.Listen(0);
        var port = ((System.Net.IPEndPoint)taken.LocalEndPoint!).Port;
        Assert.Contains($"127.0.0.1:{port} cannot be had", Assert.Throws<ClusterException>(() => Preflight.Listen(port)).Message);
    }

    [Fact]
    public void Init_ByHand_IsRefused() => Assert.Throws<ClusterException>(() => InitCommand.Run("/nowhere"));

    [Theory]
    [InlineData(0x0000, 0)]
    [InlineData(0x0700, 7)]
    [InlineData(0x0009, 137)]
    [InlineData(0x000F, 143)]
    public void ExitCode_IsAsAShellGivesIt(int status, int code) => Assert.Equal(code, Interop.ChildProcess.ExitCode(status));
}
