using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Primitives;
using Podwire.Proxy.Config;

namespace Podwire.Proxy.Tests.Config;

public sealed class KubeProxyConfigurationTests
{
    private const string Head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

    [Fact]
    public void Read_EverythingThatCounts_IsTaken()
    {
        var options = Read(Head + """
            mode: nftables
            hostnameOverride: node7
            clusterCIDR: 10.244.0.0/16,fd44::/48
            healthzBindAddress: 0.0.0.0:10256
            metricsBindAddress: ""
            nodePortAddresses: ["192.168.0.0/16"]
            detectLocalMode: BridgeInterface
            detectLocal: { bridgeInterface: cni0 }
            clientConnection: { kubeconfig: /etc/kube, qps: 5 }
            nftables: { masqueradeAll: true, masqueradeBit: 12, syncPeriod: 1m, minSyncPeriod: 500ms }
            conntrack: { maxPerCore: 32768, tcpEstablishedTimeout: 24h0m0s, tcpBeLiberal: true }
            iptables: { syncPeriod: 30s }
            ipvs: { scheduler: rr }
            """);

        Assert.Equal("node7", options.NodeName);
        Assert.Equal([IpPrefix.Parse("10.244.0.0/16"), IpPrefix.Parse("fd44::/48")], options.ClusterCidrs);
        Assert.Equal("", options.MetricsBindAddress);
        Assert.Equal([IpPrefix.Parse("192.168.0.0/16")], options.NodePorts.Prefixes);
        Assert.Equal((DetectLocalMode.BridgeInterface, "cni0"), (options.DetectLocal, options.BridgeInterface));
        Assert.Equal("/etc/kube", options.Kubeconfig);
        Assert.Equal((true, 0x1000u), (options.MasqueradeAll, options.MasqueradeMark));
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(500)), (options.SyncPeriod, options.MinSyncPeriod));
        Assert.Equal(86400, options.ConntrackTimeouts["nf_conntrack_tcp_timeout_established"]);
        Assert.True(options.ConntrackTcpBeLiberal);
        Assert.Equal(["clientConnection.qps", "conntrack.maxPerCore"], options.WithoutEffect.Order());
    }

    [Theory]
    [InlineData("nftable: {}", "unknown key nftable")]
    [InlineData("nftables: { masquerade: true }", "unknown key nftables.masquerade")]
    [InlineData("ipvs: { schedulr: rr }", "unknown key ipvs.schedulr")]
    [InlineData("mode: ipvs", "mode ipvs is not served")]
    [InlineData("mode: iptables", "mode iptables is not served")]
    [InlineData("mode: userspace", "mode takes nftables, not 'userspace'")]
    [InlineData("clusterCIDR: 10.0.0.0", "clusterCIDR: '10.0.0.0' is not an address with a prefix length")]
    [InlineData("clusterCIDR: 10.0.0.0/8,11.0.0.0/8", "clusterCIDR takes one prefix of each family")]
    [InlineData("detectLocalMode: Guess", "detectLocalMode takes")]
    [InlineData("nftables: { masqueradeBit: 32 }", "nftables.masqueradeBit takes a whole number from 0 to 31")]
    [InlineData("nftables: { masqueradeAll: 1 }", "nftables.masqueradeAll takes true or false")]
    [InlineData("nftables: { syncPeriod: 5 }", "nftables.syncPeriod takes a string")]
    [InlineData("nodePortAddresses: primary", "nodePortAddresses takes a list of strings")]
    [InlineData("detectLocal: []", "detectLocal takes an object")]
    public void Read_WhatCannotBeUsed_IsRefusedByName(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Read(Head + yaml)).Message);

    [Fact]
    public void Read_AnotherKind_IsRefused() =>
        Assert.Contains("must be kubeproxy.config.k8s.io/v1alpha1", Assert.Throws<ConfigurationException>(() => Read("apiVersion: v1\nkind: Pod\n")).Message);

    [Fact]
    public void Flags_BesideAFile_OverrideIt()
    {
        var options = Parse("--config=proxy.yaml", "--hostname-override", "node8", "--nodeport-addresses=primary", "--masquerade-bit=3", "-v4");

        Assert.Equal("node8", options.NodeName);
        Assert.True(options.NodePorts.PrimaryOnly);
        Assert.Equal(8u, options.MasqueradeMark);
        Assert.Equal(4, options.Verbosity);
        Assert.Equal([IpPrefix.Parse("10.1.0.0/16")], options.ClusterCidrs);
    }

    [Theory]
    [InlineData("--proxy-mode=ipvs", "--proxy-mode ipvs is not served")]
    [InlineData("--detect-local-mode=BridgeInterface", "needs detectLocal.bridgeInterface")]
    [InlineData("--pod-bridge-interface=averyverylongname", "at most 15 characters")]
    [InlineData("--min-sync-period=1h", "syncPeriod")]
    public void Flags_ThatCannotBeUsed_AreRefusedByName(string flag, string message) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Parse(flag)).Message);

    private static ProxyOptions Read(string yaml) => KubeProxyConfiguration.Read(YamlToJson.Parse(yaml), new());

    private static ProxyOptions Parse(params string[] args)
    {
        var flags = ProxyFlags.Declare();
        Assert.True(flags.TryParse(args, TextWriter.Null, TextWriter.Null, out _));
        return ProxyFlags.Read(flags, _ => YamlToJson.Parse(Head + "hostnameOverride: node7\nclusterCIDR: 10.1.2.3/16\n"));
    }
}
