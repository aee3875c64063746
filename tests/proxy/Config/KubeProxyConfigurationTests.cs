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
            oomScoreAdj: -500
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
        Assert.Equal(["clientConnection.qps"], options.WithoutEffect.Order());
        Assert.Equal((32768, 131072, -500), (options.ConntrackMaxPerCore, options.ConntrackMin, options.OomScoreAdj));
    }

    [Fact]
    public void Read_ModeIpvs_ItsSectionAndTheTwoKeysOfIptablesCount()
    {
        var options = Read(Head + """
            mode: ipvs
            iptables: { masqueradeAll: true, masqueradeBit: 13, syncPeriod: 5s }
            ipvs: { scheduler: lc, excludeCIDRs: [10.9.0.0/16, "fd09::/48"], strictARP: true, tcpTimeout: 10m, tcpFinTimeout: 1m, udpTimeout: 20s, syncPeriod: 12s, minSyncPeriod: 2s }
            """);

        Assert.Equal(ProxyMode.Ipvs, options.Mode);
        Assert.Equal((true, 13), (options.MasqueradeAll, options.MasqueradeBit));
        Assert.Equal((TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(2)), (options.SyncPeriod, options.MinSyncPeriod));
        Assert.Equal(("lc", true), (options.Ipvs.Scheduler, options.Ipvs.StrictArp));
        Assert.Equal([IpPrefix.Parse("10.9.0.0/16"), IpPrefix.Parse("fd09::/48")], options.Ipvs.ExcludeCidrs);
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(20)), (options.Ipvs.TcpTimeout, options.Ipvs.TcpFinTimeout, options.Ipvs.UdpTimeout));
    }

    [Theory]
    [InlineData("nftable: {}", "unknown key nftable")]
    [InlineData("nftables: { masquerade: true }", "unknown key nftables.masquerade")]
    [InlineData("ipvs: { schedulr: rr }", "unknown key ipvs.schedulr")]
    [InlineData("mode: ipvs\nipvs: { scheduler: fastest }", "ipvs.scheduler takes one of rr, wrr")]
    [InlineData("mode: userspace", "mode takes nftables, iptables or ipvs, not 'userspace'")]
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
    public void Read_ModeIptables_TakesItsOwnSection()
    {
        const string Both = "iptables: { masqueradeBit: 3, masqueradeAll: true, localhostNodePorts: false, syncPeriod: 10s, minSyncPeriod: 2s }\nnftables: { masqueradeBit: 4 }\n";
        var options = Read(Head + Both + "mode: iptables");

        Assert.Equal((ProxyMode.Iptables, 3, true, false), (options.Mode, options.MasqueradeBit, options.MasqueradeAll, options.LocalhostNodePorts));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2)), (options.SyncPeriod, options.MinSyncPeriod));
        Assert.Equal((4, false), (Read(Head + Both).MasqueradeBit, Read(Head + Both).MasqueradeAll));
        Assert.Equal(TimeSpan.FromSeconds(1), Read(Head + "mode: iptables").MinSyncPeriod);
        Assert.Equal((ProxyMode.Iptables, TimeSpan.FromSeconds(1), true), (Parse("--proxy-mode=iptables").Mode, Parse("--proxy-mode=iptables").MinSyncPeriod, Parse("--proxy-mode=iptables").LocalhostNodePorts));
        Assert.False(Parse("--proxy-mode=iptables", "--iptables-localhost-nodeports=false").LocalhostNodePorts);
    }

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
    [InlineData("--ipvs-scheduler=fastest", "--ipvs-scheduler takes one of rr, wrr")]
    [InlineData("--detect-local-mode=BridgeInterface", "needs detectLocal.bridgeInterface")]
    [InlineData("--pod-bridge-interface=averyverylongname", "at most 15 characters")]
    [InlineData("--min-sync-period=1h", "syncPeriod")]
    public void Flags_ThatCannotBeUsed_AreRefusedByName(string flag, string message) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Parse(flag)).Message);

    /// <summary>kube-proxy's own list (cmd/kube-proxy/app/options.go and the logging flags that it adds).</summary>
    [Theory]
    [InlineData("bind-address=0.0.0.0 bind-address-hard-fail cleanup=false cluster-cidr=10.0.0.0/8 config-sync-period=15m0s")]
    [InlineData("conntrack-max-per-core=0 conntrack-min=0 conntrack-tcp-be-liberal conntrack-tcp-timeout-close-wait=1h0m0s conntrack-tcp-timeout-established=24h0m0s conntrack-udp-timeout=30s conntrack-udp-timeout-stream=3m")]
    [InlineData("detect-local-mode=NodeCIDR feature-gates=A=true,B=false healthz-bind-address=0.0.0.0:10256 healthz-port=0 hostname-override=n init-only=false")]
    [InlineData("iptables-localhost-nodeports iptables-masquerade-bit=14 iptables-min-sync-period=1s iptables-sync-period=30s")]
    [InlineData("ipvs-exclude-cidrs=10.0.0.0/8 ipvs-min-sync-period=1s ipvs-scheduler=rr ipvs-strict-arp ipvs-sync-period=30s ipvs-tcp-timeout=0s ipvs-tcpfin-timeout=0s ipvs-udp-timeout=0s")]
    [InlineData("kube-api-burst=10 kube-api-content-type=application/json kube-api-qps=5 kubeconfig=/k log-flush-frequency=5s log-json-info-buffer-size=0 log-json-split-stream log-text-info-buffer-size=0 log-text-split-stream logging-format=text")]
    [InlineData("masquerade-all master=http://127.0.0.1:1 metrics-bind-address=127.0.0.1:10249 metrics-port=0 nodeport-addresses=10.0.0.0/8,11.0.0.0/8 oom-score-adj=-999 pod-bridge-interface=br0 pod-interface-name-prefix=veth")]
    [InlineData("profiling proxy-mode=nftables proxy-port-range=0-0 show-hidden-metrics-for-version=1.31 v=2 vmodule=a=1 write-config-to=")]
    public void Flags_OfKubeProxy_AreAllTaken(string flags)
    {
        var options = Parse([.. flags.Split(' ').Select(flag => $"--{flag}")]);

        Assert.Equal("nftables", ProxyValues.NameOf(options.Mode));
    }

    [Fact]
    public void Flags_WithoutEffect_AreNamed() => Assert.Equal(["--profiling", "--vmodule"], Parse("--profiling", "--vmodule=x=1").WithoutEffect.Order());

    [Fact]
    public void Flags_OfConntrack_AreTaken()
    {
        var options = Parse("--conntrack-max-per-core=7", "--conntrack-min=8", "--conntrack-udp-timeout=1m", "--conntrack-tcp-be-liberal", "--oom-score-adj=5", "--metrics-port=1234");

        Assert.Equal((7, 8, true, 5, 60, "127.0.0.1:1234"), (options.ConntrackMaxPerCore, options.ConntrackMin, options.ConntrackTcpBeLiberal, options.OomScoreAdj, options.ConntrackTimeouts["nf_conntrack_udp_timeout"], options.MetricsBindAddress));
    }

    [Fact]
    public void DefaultFile_IsWhatNoFileMeans()
    {
        var (read, defaults) = (KubeProxyConfiguration.Read(YamlToJson.Parse(DefaultConfiguration.Yaml), new()), new ProxyOptions());

        Assert.Equal((defaults.Mode, defaults.MasqueradeBit, defaults.SyncPeriod, defaults.MinSyncPeriod, defaults.NodeName), (read.Mode, read.MasqueradeBit, read.SyncPeriod, read.MinSyncPeriod, read.NodeName));
        Assert.Empty(read.WithoutEffect);
    }

    private static ProxyOptions Read(string yaml) => KubeProxyConfiguration.Read(YamlToJson.Parse(yaml), new());

    private static ProxyOptions Parse(params string[] args)
    {
        var flags = ProxyFlags.Declare();
        Assert.True(flags.TryParse(args, TextWriter.Null, TextWriter.Null, out _));
        return ProxyFlags.Read(flags, _ => YamlToJson.Parse(Head + "hostnameOverride: node7\nclusterCIDR: 10.1.2.3/16\n"));
    }
}
