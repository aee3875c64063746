namespace Podwire.Cni.Tests;

public class NetworkConfigTests
{
    [Fact]
    public void Parse_AllMembers_AreRead()
    {
        var config = NetworkConfig.Parse(Text.Utf8("""
            { "cniVersion": "1.1.0", "name": "pods", "type": "bridge", "unknown": {"a": [1, {}]},
              "ipam": { "type": "host-local", "subnet": "10.0.0.0/24" },
              "dns": { "nameservers": ["10.96.0.10"], "search": ["cluster.local"] },
              "args": { "cni": { "ips": ["10.0.0.9"] } }, "runtimeConfig": { "mac": "0a:00:00:00:00:01" },
              "prevResult": { "ips": [ { "address": "10.0.0.2/24" } ] },
              "cni.dev/valid-attachments": [ { "containerID": "c1", "ifname": "eth0" } ] }
            """));
        Assert.Equal(CniVersion.V1_1_0, config.Version);
        Assert.Equal("pods", config.Name);
        Assert.Equal("host-local", config.IpamType);
        Assert.Equal(["10.96.0.10"], config.Dns.Nameservers);
        Assert.Equal("""{ "ips": ["10.0.0.9"] }""", Text.Of(config.ArgsCni));
        Assert.Equal("10.0.0.2/24", config.PrevResult!.Ips[0].Address.ToString());
        Assert.Equal([new AttachmentId("c1", "eth0")], config.ValidAttachments!);
    }

    [Fact]
    public void Parse_KeysInAnotherCaseAndNulls_ReadAsGoReadsThem()
    {
        var config = NetworkConfig.Parse(Text.Utf8("""{"CNIVERSION":"0.4.0","Name":"n","IPAM":null,"dns":null,"prevResult":null}"""));
        Assert.Equal(CniVersion.V0_4_0, config.Version);
        Assert.Empty(config.IpamType);
        Assert.False(config.HasPrevResult);
    }

    [Fact]
    public void Parse_NoVersion_Is010() => Assert.Equal(CniVersion.V0_1_0, NetworkConfig.Parse(Text.Utf8("""{"name":"n"}""")).Version);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}x")]
    [InlineData("{\"name\":\"n\"} {}")]
    [InlineData("{\"name\":1}")]
    [InlineData("{\"name\":\"n\",\"ipam\":[]}")]
    [InlineData("{\"name\":\"n\",\"dns\":{\"nameservers\":\"1.1.1.1\"}}")]
    [InlineData("{\"name\":\"\\ud800\"}")]
    [InlineData("{\"name\":\"n\",}")]
    public void Parse_Malformed_IsCode6(string json) => Text.Fails(CniErrorCode.DecodingFailure, () => NetworkConfig.Parse(Text.Utf8(json)));

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"name\":\"\"}")]
    [InlineData("{\"name\":\"../etc\"}")]
    [InlineData("{\"name\":\"a b\"}")]
    public void Parse_NoUsableName_IsCode7(string json) => Text.Fails(CniErrorCode.InvalidNetworkConfig, () => NetworkConfig.Parse(Text.Utf8(json)));

    [Theory]
    [InlineData("2.0.0")]
    [InlineData("0.9.9")]
    [InlineData("latest")]
    public void Parse_VersionNotSpoken_IsCode1(string version) =>
        Text.Fails(CniErrorCode.IncompatibleVersion, () => NetworkConfig.Parse(Text.Utf8($$"""{"name":"n","cniVersion":"{{version}}"}""")));

    [Fact]
    public void PrevResult_NamesAnInterfaceThatIsNotThere_IsCode7()
    {
        var config = NetworkConfig.Parse(Text.Utf8("""{"name":"n","prevResult":{"ips":[{"address":"10.0.0.1/24","interface":0}]}}"""));
        Text.Fails(CniErrorCode.InvalidNetworkConfig, () => _ = config.PrevResult);
    }

    [Fact]
    public void Set_ReplacesAddsAndRemoves()
    {
        var edited = CniJson.Set(Text.Utf8("""{"a":1,"b":{"c":2},"d":"é+"}"""), new("a", Text.Utf8("[1]")), new("b", default), new("e", Text.Utf8("null")));
        Assert.Equal("""{"d":"é+","a":[1],"e":null}""", Text.Of(edited));
    }
}
