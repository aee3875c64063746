using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Compile.Ipvs;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Ipvs;

/// <summary>The texts that an operator compares with what a guide shows.</summary>
public sealed class IpvsGoldenTests
{
    private static IpvsSettings Settings { get; } = new(
        new() { Family = IpFamily.V4, Pods = new() { Source = IpPrefix.Parse("10.244.0.0/16") } }, "rr", [Ip("10.89.0.11")]);

    [Fact]
    public void Service_WithEverything_IsThis()
    {
        var model = new IpvsModel(Settings);
        var service = Service() with
        {
            Ports = [new("http", IpProtocol.Tcp, 80, 30080), new("dns", IpProtocol.Udp, 53, 0), new("sig", IpProtocol.Sctp, 9, 30009)],
            ExternalIps = [Ip("203.0.113.9")],
            LoadBalancerIps = [Ip("203.0.113.10")],
            SourceRanges = [IpPrefix.Parse("198.51.100.0/24")],
            ExternalLocal = true,
            AffinitySeconds = 600,
            HealthCheckNodePort = 31000,
        };
        var change = model.Apply(Snapshot(With(service, Endpoint("10.244.0.2"), Endpoint("10.244.1.2", "node2"))));

        Assert.Equal(
            """
            ipvsadm: add tcp 10.89.0.11:30080
              -A -t 10.89.0.11:30080 -s rr -p 600
              -a -t 10.89.0.11:30080 -r 10.244.0.2:8080 -m -w 1
            ipvsadm: add sctp 10.89.0.11:30009
              -A --sctp-service 10.89.0.11:30009 -s rr -p 600
              -a --sctp-service 10.89.0.11:30009 -r 10.244.0.2:8009 -m -w 1
            ipvsadm: add tcp 10.96.0.10:80
              -A -t 10.96.0.10:80 -s rr -p 600
              -a -t 10.96.0.10:80 -r 10.244.0.2:8080 -m -w 1
              -a -t 10.96.0.10:80 -r 10.244.1.2:8080 -m -w 1
            """,
            string.Join('\n', IpvsDiff.Describe(change, IpFamily.V4).Split('\n').Take(10)));
        var text = IpvsDiff.Describe(change, IpFamily.V4);
        Assert.Equal(
            """
            ipset add KUBE-LOOP-BACK 10.244.0.2,tcp:8080,10.244.0.2
            ipset add KUBE-LOOP-BACK 10.244.0.2,udp:8053,10.244.0.2
            ipset add KUBE-LOOP-BACK 10.244.0.2,sctp:8009,10.244.0.2
            ipset add KUBE-CLUSTER-IP 10.96.0.10,tcp:80
            ipset add KUBE-CLUSTER-IP 10.96.0.10,udp:53
            ipset add KUBE-CLUSTER-IP 10.96.0.10,sctp:9
            ipset add KUBE-EXTERNAL-IP-LOCAL 203.0.113.9,tcp:80
            ipset add KUBE-EXTERNAL-IP-LOCAL 203.0.113.9,udp:53
            ipset add KUBE-EXTERNAL-IP-LOCAL 203.0.113.9,sctp:9
            ipset add KUBE-LOAD-BALANCER 203.0.113.10,tcp:80
            ipset add KUBE-LOAD-BALANCER 203.0.113.10,udp:53
            ipset add KUBE-LOAD-BALANCER 203.0.113.10,sctp:9
            ipset add KUBE-LOAD-BALANCER-FW 203.0.113.10,tcp:80
            ipset add KUBE-LOAD-BALANCER-FW 203.0.113.10,udp:53
            ipset add KUBE-LOAD-BALANCER-FW 203.0.113.10,sctp:9
            ipset add KUBE-LOAD-BALANCER-LOCAL 203.0.113.10,tcp:80
            ipset add KUBE-LOAD-BALANCER-LOCAL 203.0.113.10,udp:53
            ipset add KUBE-LOAD-BALANCER-LOCAL 203.0.113.10,sctp:9
            ipset add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.10,tcp:80,198.51.100.0/24
            ipset add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.10,udp:53,198.51.100.0/24
            ipset add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.10,sctp:9,198.51.100.0/24
            ipset add KUBE-NODE-PORT-TCP 30080
            ipset add KUBE-NODE-PORT-LOCAL-TCP 30080
            ipset add KUBE-NODE-PORT-SCTP-HASH 10.89.0.11,sctp:30009
            ipset add KUBE-NODE-PORT-LOCAL-SCTP-HASH 10.89.0.11,sctp:30009
            ipset add KUBE-HEALTH-CHECK-NODE-PORT 31000
            ipset add KUBE-IPVS-IPS 10.96.0.10
            ipset add KUBE-IPVS-IPS 203.0.113.9
            ipset add KUBE-IPVS-IPS 203.0.113.10
            ip address add 10.96.0.10/32 dev kube-ipvs0
            ip address add 203.0.113.9/32 dev kube-ipvs0
            ip address add 203.0.113.10/32 dev kube-ipvs0

            """,
            text[text.IndexOf("ipset", StringComparison.Ordinal)..]);
    }

    [Fact]
    public void Chains_AreThese()
    {
        var change = IpvsChainsDiff.Between(IptablesReader.Read(string.Empty), Settings, [new(IpProtocol.Tcp, Ip("203.0.113.10"), 80)]);

        var lines = change.ToRestoreText().Split('\n').Where(line => line.StartsWith('-')).ToList();
        Assert.Contains("-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN", lines);
        Assert.Contains("-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment \"Kubernetes service cluster ip + port for masquerade purpose\" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ", lines);
        Assert.Contains("-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT", lines);
        Assert.Contains("-A KUBE-NODE-PORT -p tcp -m comment --comment \"Kubernetes nodeport TCP port with externalTrafficPolicy=local\" -m set --match-set KUBE-NODE-PORT-LOCAL-TCP dst -j RETURN", lines);
        Assert.Contains("-A KUBE-POSTROUTING -m comment --comment \"Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose\" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE", lines);
        Assert.Contains("-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT", lines);
        Assert.Contains("-A KUBE-IPVS-OUT-FILTER -s 203.0.113.10/32 -m ipvs --vproto 6 --vaddr 203.0.113.10 --vport 80 -j DROP", lines);
        Assert.Contains("-I INPUT -m comment --comment \"kubernetes ipvs access filter\" -j KUBE-IPVS-FILTER", lines);
        // Local ones come before those that masquerade.
        Assert.True(lines.FindIndex(line => line.Contains("KUBE-NODE-PORT-LOCAL-TCP", StringComparison.Ordinal)) < lines.FindIndex(line => line.Contains("KUBE-NODE-PORT-TCP", StringComparison.Ordinal)));
        // Read back, they are as they should be.
        var listing = "*filter\n:INPUT ACCEPT [0:0]\n" + string.Join('\n', lines.Where(line => line.StartsWith("-A", StringComparison.Ordinal))) + "\nCOMMIT\n";
        Assert.NotNull(IptablesReader.Read(listing));
    }

    [Theory]
    [InlineData(KubeIpSet.LoadBalancerSourceCidr, "KUBE-6-LOAD-BALANCER-SOURCE-CID")]
    [InlineData(KubeIpSet.NodePortLocalSctp, "KUBE-6-NODE-PORT-LOCAL-SCTP-HAS")]
    [InlineData(KubeIpSet.ClusterIp, "KUBE-6-CLUSTER-IP")]
    public void SetNames_OfIpv6_AreCutWhereTheKernelCuts(object set, string name) => Assert.Equal(name, KubeIpSets.NameOf((KubeIpSet)set, IpFamily.V6));

    [Fact]
    public void SetNames_OfBothFamilies_AreAllDifferentAndFit()
    {
        var names = KubeIpSets.All.SelectMany(set => (string[])[KubeIpSets.NameOf(set, IpFamily.V4), KubeIpSets.NameOf(set, IpFamily.V6)]).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.All(names, name => Assert.InRange(name.Length, 1, 31));
    }
}
