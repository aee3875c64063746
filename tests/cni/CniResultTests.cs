using Podwire.Primitives;

namespace Podwire.Cni.Tests;

public class CniResultTests
{
    private static readonly CniResult Full = new()
    {
        Interfaces =
        [
            new() { Name = "cni0", Mac = "0a:00:00:00:00:01", Mtu = 1450 },
            new() { Name = "eth0", Mac = "0a:00:00:00:00:02", Mtu = 1450, Sandbox = "/run/netns/a", PciId = "0000:00:1f.6" },
        ],
        Ips =
        [
            new() { Interface = 1, Address = IpPrefix.Parse("10.1.0.5/16"), Gateway = IpAddress.Parse("10.1.0.1") },
            new() { Interface = 1, Address = IpPrefix.Parse("fd00::5/64") },
        ],
        Routes =
        [
            new() { Dst = IpPrefix.Parse("0.0.0.0/0") },
            new() { Dst = IpPrefix.Parse("fd01::/64"), Gw = IpAddress.Parse("fd00::1"), Mtu = 1400, AdvMss = 1360, Priority = 5, Table = 100, Scope = 0 },
        ],
        Dns = new() { Nameservers = ["10.96.0.10"], Domain = "example", Search = ["a", "b"], Options = ["ndots:5"] },
    };

    private const string Dns = "\"dns\":{\"nameservers\":[\"10.96.0.10\"],\"domain\":\"example\",\"search\":[\"a\",\"b\"],\"options\":[\"ndots:5\"]}";

    [Theory]
    [InlineData("0.2.0", """{"cniVersion":"0.2.0","ip4":{"ip":"10.1.0.5/16","gateway":"10.1.0.1","routes":[{"dst":"0.0.0.0/0"}]},"ip6":{"ip":"fd00::5/64","routes":[{"dst":"fd01::/64","gw":"fd00::1"}]},""")]
    [InlineData("0.4.0", """{"cniVersion":"0.4.0","interfaces":[{"name":"cni0","mac":"0a:00:00:00:00:01"},{"name":"eth0","mac":"0a:00:00:00:00:02","sandbox":"/run/netns/a"}],"ips":[{"version":"4","interface":1,"address":"10.1.0.5/16","gateway":"10.1.0.1"},{"version":"6","interface":1,"address":"fd00::5/64"}],"routes":[{"dst":"0.0.0.0/0"},{"dst":"fd01::/64","gw":"fd00::1"}],""")]
    [InlineData("1.0.0", """{"cniVersion":"1.0.0","interfaces":[{"name":"cni0","mac":"0a:00:00:00:00:01"},{"name":"eth0","mac":"0a:00:00:00:00:02","sandbox":"/run/netns/a"}],"ips":[{"interface":1,"address":"10.1.0.5/16","gateway":"10.1.0.1"},{"interface":1,"address":"fd00::5/64"}],"routes":[{"dst":"0.0.0.0/0"},{"dst":"fd01::/64","gw":"fd00::1"}],""")]
    [InlineData("1.1.0", """{"cniVersion":"1.1.0","interfaces":[{"name":"cni0","mac":"0a:00:00:00:00:01","mtu":1450},{"name":"eth0","mac":"0a:00:00:00:00:02","mtu":1450,"sandbox":"/run/netns/a","pciID":"0000:00:1f.6"}],"ips":[{"interface":1,"address":"10.1.0.5/16","gateway":"10.1.0.1"},{"interface":1,"address":"fd00::5/64"}],"routes":[{"dst":"0.0.0.0/0"},{"dst":"fd01::/64","gw":"fd00::1","mtu":1400,"advmss":1360,"priority":5,"table":100,"scope":0}],""")]
    public void Write_EachVersion_HasItsShape(string version, string expected)
    {
        Assert.True(CniVersion.TryParse(version, out var parsed));
        Assert.Equal(expected + Dns + "}", Text.Of(CniResultWriter.ToJson(Full, parsed)));
    }

    [Fact]
    public void Parse_LatestVersion_GivesTheSameResult()
    {
        var read = CniResultReader.Parse(CniResultWriter.ToJson(Full, CniVersion.V1_1_0));
        Assert.Equal(Full.Interfaces, read.Interfaces);
        Assert.Equal(Full.Ips, read.Ips);
        Assert.Equal(Full.Routes, read.Routes);
        Assert.Equal(Full.Dns.Search, read.Dns.Search);
    }

    [Theory]
    [InlineData("0.1.0")]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    public void Parse_EveryVersion_KeepsAddressesAndRoutes(string version)
    {
        Assert.True(CniVersion.TryParse(version, out var parsed));
        var read = CniResultReader.Parse(CniResultWriter.ToJson(Full, parsed));
        Assert.Equal(Full.Ips.Select(i => i.Address), read.Ips.Select(i => i.Address));
        Assert.Equal(Full.Ips.Select(i => i.Gateway), read.Ips.Select(i => i.Gateway));
        Assert.Equal(Full.Routes.Select(r => r.Dst), read.Routes.Select(r => r.Dst));
    }

    public static MatrixTheoryData<string, string> Versions { get; } = new(CniVersion.Supported.Select(v => v.ToString()), CniVersion.Supported.Select(v => v.ToString()));

    [Theory]
    [MemberData(nameof(Versions))]
    public void Convert_BetweenAnyTwoVersions_LosesOnlyWhatOneOfThemCannotSay(string from, string to)
    {
        Assert.True(CniVersion.TryParse(from, out var first));
        Assert.True(CniVersion.TryParse(to, out var second));
        var lower = first < second ? first : second;
        var converted = CniResultReader.Parse(CniResultWriter.ToJson(CniResultReader.Parse(CniResultWriter.ToJson(Full, first)), second));
        var direct = CniResultReader.Parse(CniResultWriter.ToJson(Full, lower));
        Assert.Equal(Text.Of(CniResultWriter.ToJson(direct, CniVersion.Latest)), Text.Of(CniResultWriter.ToJson(converted, CniVersion.Latest)));
    }

    [Theory]
    [InlineData("""{"ips":[{"address":"10.0.0.1"}]}""")]
    [InlineData("""{"ips":[{"gateway":"10.0.0.1"}]}""")]
    [InlineData("""{"ips":{}}""")]
    [InlineData("""{"routes":[{"gw":"10.0.0.1"}]}""")]
    [InlineData("""{"ip4":{"ip":"x"}}""")]
    [InlineData("""{"interfaces":[{"name":5}]}""")]
    public void Parse_Malformed_IsCode6(string json) => Text.Fails(CniErrorCode.DecodingFailure, () => CniResultReader.Parse(Text.Utf8(json)));
}
