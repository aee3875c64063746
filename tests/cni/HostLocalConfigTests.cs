using Podwire.Cni.Ipam;
using Podwire.Primitives;

namespace Podwire.Cni.Tests;

public class HostLocalConfigTests
{
    internal static HostLocalConfig Parse(string ipam, string rest = "", string args = "", string version = "1.0.0") => HostLocalConfig.Parse(new PluginCall
    {
        Command = CniCommand.Add,
        Config = NetworkConfig.Parse(Text.Utf8($$"""{"cniVersion":"{{version}}","name":"pods","ipam":{{ipam}}{{rest}}}""")),
        Args = CniArgs.Parse(args),
        Delegates = null!,
    });

    [Theory]
    [InlineData("10.0.0.0/24", "10.0.0.1", "10.0.0.254", "10.0.0.1")]
    [InlineData("10.0.0.0/30", "10.0.0.1", "10.0.0.2", "10.0.0.1")]
    [InlineData("fd00::/64", "fd00::1", "fd00::ffff:ffff:ffff:ffff", "fd00::1")]
    public void Range_Defaults(string subnet, string start, string end, string gateway)
    {
        var range = IpRange.Create(IpPrefix.Parse(subnet));
        Assert.Equal((start, end, gateway), (range.Start.ToString(), range.End.ToString(), range.Gateway.ToString()));
    }

    [Fact]
    public void Parse_RuntimeRangesComeFirstThenOwnThenRanges()
    {
        var config = Parse(
            """{"type":"host-local","subnet":"10.1.0.0/24","rangeStart":"10.1.0.10","rangeEnd":"10.1.0.20","ranges":[[{"subnet":"fd00::/64"}]],"dataDir":"/d","routes":[{"dst":"0.0.0.0/0"}]}""",
            ""","runtimeConfig":{"ipRanges":[[{"subnet":"10.2.0.0/24"}]],"ips":["10.2.0.9/24"]},"args":{"cni":{"ips":["fd00::9"]}}""",
            "IP=10.1.0.11");
        Assert.Equal(["10.2.0.1-10.2.0.254", "10.1.0.10-10.1.0.20", "fd00::1-fd00::ffff:ffff:ffff:ffff"], config.Sets.Select(s => s.ToString()));
        Assert.Equal(["10.2.0.9", "fd00::9", "10.1.0.11"], config.Requested.Select(r => r.ToString()));
        Assert.Equal("/d", config.DataDir);
        Assert.Single(config.Routes);
    }

    [Theory]
    [InlineData("""{"type":"host-local"}""")]
    [InlineData("""{"ranges":[]}""")]
    [InlineData("""{"ranges":[[]]}""")]
    [InlineData("""{"ranges":[[{}]]}""")]
    [InlineData("""{"subnet":"10.0.0.5/24"}""")]
    [InlineData("""{"subnet":"10.0.0.0/31"}""")]
    [InlineData("""{"subnet":"10.0.0.0/24","rangeStart":"10.0.1.1"}""")]
    [InlineData("""{"subnet":"10.0.0.0/24","rangeStart":"10.0.0.9","rangeEnd":"10.0.0.8"}""")]
    [InlineData("""{"subnet":"10.0.0.0/24","gateway":"fd00::1"}""")]
    [InlineData("""{"ranges":[[{"subnet":"10.0.0.0/24"},{"subnet":"fd00::/64"}]]}""")]
    [InlineData("""{"ranges":[[{"subnet":"10.0.0.0/24"},{"subnet":"10.0.0.0/25"}]]}""")]
    [InlineData("""{"ranges":[[{"subnet":"10.0.0.0/24"}],[{"subnet":"10.0.0.0/25"}]]}""")]
    public void Parse_Impossible_IsCode7(string ipam) => Text.Fails(CniErrorCode.InvalidNetworkConfig, () => Parse(ipam));

    [Theory]
    [InlineData("""{"subnet":"10.0.0.0"}""")]
    [InlineData("""{"subnet":5}""")]
    [InlineData("""{"ranges":{}}""")]
    [InlineData("""{"subnet":"10.0.0.0/24","gateway":"x"}""")]
    public void Parse_WrongType_IsCode6(string ipam) => Text.Fails(CniErrorCode.DecodingFailure, () => Parse(ipam));

    [Fact]
    public void Parse_OldVersionWithTwoAddressesOfAFamily_IsCode7() =>
        Text.Fails(CniErrorCode.InvalidNetworkConfig, () => Parse("""{"ranges":[[{"subnet":"10.0.0.0/24"}],[{"subnet":"10.1.0.0/24"}]]}""", version: "0.2.0"));

    [Fact]
    public void ResolvConf_IsRead()
    {
        var dns = ResolvConf.Parse("# comment\nnameserver 1.1.1.1\r\nnameserver\t::1\ndomain a.example\nsearch x y\noptions ndots:5 rotate\nsortlist 1.2.3.4\n");
        Assert.Equal(["1.1.1.1", "::1"], dns.Nameservers);
        Assert.Equal("a.example", dns.Domain);
        Assert.Equal(["x", "y"], dns.Search);
        Assert.Equal(["ndots:5", "rotate"], dns.Options);
    }
}
