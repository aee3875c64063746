using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.State;
using Podwire.Proxy.Tests.Model;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Iptables;

/// <summary>The layout, line by line.</summary>
public sealed class GoldenTests
{
    private const string Expected = """
        *mangle
        *filter
        -A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
        -A KUBE-SERVICES -d 10.96.0.12/32 -p tcp -m comment --comment "default/empty:http has no endpoints" -m tcp --dport 80 -j REJECT
        -A KUBE-EXTERNAL-SERVICES -d 203.0.113.11/32 -p udp -m comment --comment "default/edge has no local endpoints" -m udp --dport 53 -j DROP
        -A KUBE-EXTERNAL-SERVICES -p udp -m comment --comment "default/edge has no local endpoints" -m addrtype --dst-type LOCAL -m udp --dport 30053 -j DROP
        -A KUBE-EXTERNAL-SERVICES -d 203.0.113.12/32 -p tcp -m comment --comment "default/empty:http has no endpoints" -m tcp --dport 80 -j REJECT
        -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A KUBE-NODEPORTS -p tcp -m comment --comment "default/edge health check node port" -m tcp --dport 31000 -j ACCEPT
        -A KUBE-PROXY-FIREWALL -d 203.0.113.10/32 -p tcp -m comment --comment "default/web:http traffic not accepted by KUBE-FW-CDGGSHYLG3RE2FKL" -m tcp --dport 80 -j DROP
        -I INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
        -I FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
        -I INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
        -I FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -I OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -I FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
        -I INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -I OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -I FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -I INPUT -j KUBE-FIREWALL
        -I OUTPUT -j KUBE-FIREWALL
        *nat
        -A KUBE-SERVICES -d 10.96.0.11/32 -p udp -m comment --comment "default/edge cluster IP" -m udp --dport 53 -j KUBE-SVC-OLTBFUTQGAIFMWLA
        -A KUBE-SERVICES -d 203.0.113.11/32 -p udp -m comment --comment "default/edge external IP" -m udp --dport 53 -j KUBE-EXT-OLTBFUTQGAIFMWLA
        -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-CDGGSHYLG3RE2FKL
        -A KUBE-SERVICES -d 203.0.113.10/32 -p tcp -m comment --comment "default/web:http loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-CDGGSHYLG3RE2FKL
        -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
        -A KUBE-NODEPORTS -p udp -m comment --comment "default/edge" -m udp --dport 30053 -j KUBE-EXT-OLTBFUTQGAIFMWLA
        -A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j KUBE-EXT-CDGGSHYLG3RE2FKL
        -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
        -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
        -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
        -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
        -A KUBE-EXT-OLTBFUTQGAIFMWLA -s 10.244.0.0/16 -m comment --comment "pod traffic for default/edge external destinations" -j KUBE-SVC-OLTBFUTQGAIFMWLA
        -A KUBE-EXT-OLTBFUTQGAIFMWLA -m comment --comment "masquerade LOCAL traffic for default/edge external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
        -A KUBE-EXT-OLTBFUTQGAIFMWLA -m comment --comment "route LOCAL traffic for default/edge external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-OLTBFUTQGAIFMWLA
        -A KUBE-SVC-OLTBFUTQGAIFMWLA ! -s 10.244.0.0/16 -d 10.96.0.11/32 -p udp -m comment --comment "default/edge cluster IP" -m udp --dport 53 -j KUBE-MARK-MASQ
        -A KUBE-SVC-OLTBFUTQGAIFMWLA -m comment --comment "default/edge -> 10.244.1.4:8053" -j KUBE-SEP-3ULE5NEMVCQAMYI7
        -A KUBE-SEP-3ULE5NEMVCQAMYI7 -s 10.244.1.4/32 -m comment --comment "default/edge" -j KUBE-MARK-MASQ
        -A KUBE-SEP-3ULE5NEMVCQAMYI7 -p udp -m comment --comment "default/edge" -m udp -j DNAT --to-destination 10.244.1.4:8053
        -A KUBE-EXT-CDGGSHYLG3RE2FKL -m comment --comment "masquerade traffic for default/web:http external destinations" -j KUBE-MARK-MASQ
        -A KUBE-EXT-CDGGSHYLG3RE2FKL -j KUBE-SVC-CDGGSHYLG3RE2FKL
        -A KUBE-FW-CDGGSHYLG3RE2FKL -s 198.51.100.0/24 -m comment --comment "default/web:http loadbalancer IP" -j KUBE-EXT-CDGGSHYLG3RE2FKL
        -A KUBE-FW-CDGGSHYLG3RE2FKL -m comment --comment "other traffic to default/web:http will be dropped by KUBE-PROXY-FIREWALL"
        -A KUBE-SVC-CDGGSHYLG3RE2FKL ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
        -A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.0.10:8080" -m recent --name KUBE-SEP-3MRQQDVYO2GBIBDV --rcheck --seconds 10800 --reap -j KUBE-SEP-3MRQQDVYO2GBIBDV
        -A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.0.2:8080" -m recent --name KUBE-SEP-QA4PSDNF5R2OJOPA --rcheck --seconds 10800 --reap -j KUBE-SEP-QA4PSDNF5R2OJOPA
        -A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.1.3:8080" -m recent --name KUBE-SEP-2AZ33KU3V5PGPQZH --rcheck --seconds 10800 --reap -j KUBE-SEP-2AZ33KU3V5PGPQZH
        -A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.0.10:8080" -m statistic --mode random --probability 0.3333333335 -j KUBE-SEP-3MRQQDVYO2GBIBDV
        -A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.0.2:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-QA4PSDNF5R2OJOPA
        -A KUBE-SVC-CDGGSHYLG3RE2FKL -m comment --comment "default/web:http -> 10.244.1.3:8080" -j KUBE-SEP-2AZ33KU3V5PGPQZH
        -A KUBE-SEP-3MRQQDVYO2GBIBDV -s 10.244.0.10/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ
        -A KUBE-SEP-3MRQQDVYO2GBIBDV -p tcp -m comment --comment "default/web:http" -m recent --name KUBE-SEP-3MRQQDVYO2GBIBDV --set -m tcp -j DNAT --to-destination 10.244.0.10:8080
        -A KUBE-SEP-QA4PSDNF5R2OJOPA -s 10.244.0.2/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ
        -A KUBE-SEP-QA4PSDNF5R2OJOPA -p tcp -m comment --comment "default/web:http" -m recent --name KUBE-SEP-QA4PSDNF5R2OJOPA --set -m tcp -j DNAT --to-destination 10.244.0.2:8080
        -A KUBE-SEP-2AZ33KU3V5PGPQZH -s 10.244.1.3/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ
        -A KUBE-SEP-2AZ33KU3V5PGPQZH -p tcp -m comment --comment "default/web:http" -m recent --name KUBE-SEP-2AZ33KU3V5PGPQZH --set -m tcp -j DNAT --to-destination 10.244.1.3:8080
        -I OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -I PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -I POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
        """;

    [Fact]
    public void FirstRestore_OfASmallCluster_IsKubeProxysLayout()
    {
        var model = new IptablesModel(IptablesModelTests.Settings(IpFamily.V4, localhost: true));
        var web = Service("web", "10.96.0.10") with
        {
            Ports = [new("http", IpProtocol.Tcp, 80, 30080)],
            LoadBalancerIps = [Ip("203.0.113.10")],
            SourceRanges = [IpPrefix.Parse("198.51.100.0/24")],
            AffinitySeconds = 10800,
        };
        var edge = Service("edge", "10.96.0.11") with
        {
            Ports = [new(string.Empty, IpProtocol.Udp, 53, 30053)],
            ExternalIps = [Ip("203.0.113.11")],
            ExternalLocal = true,
            HealthCheckNodePort = 31000,
        };
        var empty = Service("empty", "10.96.0.12") with { ExternalIps = [Ip("203.0.113.12")] };
        _ = model.Apply(Snapshot(
            With(web, Endpoint("10.244.0.2"), Endpoint("10.244.0.10"), Endpoint("10.244.1.3", "node2")),
            With(edge, Endpoint("10.244.1.4", "node2")),
            With(empty)));

        var text = IptablesDiff.Between(new FakeIptables().Listing, model).ToRestoreText();

        Assert.Equal(Expected, string.Join('\n', text.Split('\n').Where(line => line.StartsWith('-') || line.StartsWith('*'))));
    }
}
