using System.Text;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class NetConfTests
{
    [Fact]
    public void Parse_FlannelsOwnExample_TakesItsDefaults()
    {
        var conf = Parse("""{"Network": "10.244.0.0/16", "EnableNFTables": false, "Backend": {"Type": "vxlan"}}""");
        Assert.Equal(IpPrefix.Parse("10.244.0.0/16"), conf.NetworkV4);
        Assert.Null(conf.NetworkV6);
        Assert.Equal(new BackendConf { Type = BackendType.Vxlan, Vni = 1, Port = 8472 }, conf.Backend);
        Assert.Equal([IpFamily.V4], conf.Families);
    }

    [Fact]
    public void Parse_EveryKey_IsRead()
    {
        var conf = Parse("""
            {"network": "10.244.3.7/16", "IPv6Network": "fd00:10:244::/48", "EnableIPv6": true, "EnableNFTables": true,
             "SubnetLen": 24, "SubnetMin": "10.244.1.0", "SubnetMax": "10.244.200.0", "IPv6SubnetLen": 64, "IPv6SubnetMin": "fd00:10:244:1::", "IPv6SubnetMax": "fd00:10:244:ff::",
             "Backend": {"Type": "vxlan", "VNI": 4096, "Port": 4789, "GBP": true, "Learning": true, "DirectRouting": true, "MTU": 9000, "MacPrefix": "0E-2A"}}
            """);
        Assert.Equal(IpPrefix.Parse("10.244.0.0/16"), conf.NetworkV4);
        Assert.Equal(IpPrefix.Parse("fd00:10:244::/48"), conf.NetworkV6);
        Assert.Equal(new BackendConf { Type = BackendType.Vxlan, Vni = 4096, Port = 4789, Gbp = true, Learning = true, DirectRouting = true, Mtu = 9000 }, conf.Backend);
        Assert.Equal([IpFamily.V4, IpFamily.V6], conf.Families);
        Assert.True(conf.EnableNftables);
        Assert.Equal([IpFamily.V6], Parse("""{"EnableIPv4": false, "IPv6Network": "fd00:10:244::/48", "EnableIPv6": true, "Backend": {"Type": "vxlan"}}""").Families);
        foreach (var (name, type) in new[] { ("host-gw", BackendType.HostGw), ("ipip", BackendType.Ipip), ("udp", BackendType.Udp), ("alloc", BackendType.Alloc) })
        {
            Assert.Equal(type, Parse($$"""{"Network": "10.244.0.0/16", "Backend": {"Type": "{{name}}"} }""").Backend.Type);
        }

        // flannel's own default.
        Assert.Equal((BackendType.Udp, (ushort)8285), Parse("""{"Network": "10.244.0.0/16"}""").Backend is var udp ? (udp.Type, udp.Port) : default);
    }

    [Theory]
    [InlineData("""{"Network": "10.244.0.0/16", "Backend": {"Type": "wireguard"}}""", "back end wireguard is not served")]
    [InlineData("""{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlam"}}""", "no back end vxlam")]
    [InlineData("""{"Network": "10.244.0.0/16", "Backend": "vxlan"}""", "Backend is not an object")]
    [InlineData("""{"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00::/48", "Backend": {"Type": "udp"}}""", "udp carries IPv4 alone")]
    [InlineData("""{"Network": "10.244.0.0/16", "SubnetLen": 8, "Backend": {"Type": "vxlan"}}""", "SubnetLen 8 is wider")]
    [InlineData("""{"Network": "10.244.0.0/16", "SubnetMin": "10.245.0.0", "Backend": {"Type": "vxlan"}}""", "SubnetMin '10.245.0.0'")]
    [InlineData("""{"Backend": {"Type": "vxlan"}}""", "Network is missing")]
    [InlineData("""{"Network": "10.244.0.0", "Backend": {"Type": "vxlan"}}""", "Network '10.244.0.0'")]
    [InlineData("""{"Network": "fd00::/48", "Backend": {"Type": "vxlan"}}""", "Network 'fd00::/48'")]
    [InlineData("""{"Network": "10.244.0.0/16", "EnableIPv6": true, "Backend": {"Type": "vxlan"}}""", "IPv6Network is missing")]
    [InlineData("""{"EnableIPv4": false, "Backend": {"Type": "vxlan"}}""", "both off")]
    [InlineData("""{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "VNI": 16777216}}""", "VNI")]
    [InlineData("""{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "VNI": "1"}}""", "VNI")]
    [InlineData("""{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "MTU": 100}}""", "MTU 100")]
    [InlineData("""["10.244.0.0/16"]""", "not a JSON object")]
    [InlineData("""{"Network": """, "not JSON")]
    public void Parse_Unusable_NamesTheKey(string json, string words) =>
        Assert.Contains(words, Assert.Throws<NetConfException>(() => Parse(json)).Message, StringComparison.Ordinal);

    private static NetConf Parse(string json) => NetConf.Parse(Encoding.UTF8.GetBytes(json));
}
