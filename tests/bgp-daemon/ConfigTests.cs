using Podwire.BgpDaemon.Config;

namespace Podwire.BgpDaemon.Tests;

/// <summary>The configuration file: what it takes, and how it names what it does not.</summary>
public class ConfigTests
{
    private const string Head = "\"asn\":64512,\"routerId\":\"10.99.0.1\"";

    [Fact]
    public void Parse_TheShapeThatIsPromised_IsRead()
    {
        var config = new ConfigReader().Parse("""{"asn":64512,"routerId":"10.99.0.1","clusterId":"10.99.0.1","listen":[{"address":"10.99.0.1","port":179}],"kernel":false,"neighbors":[{"address":"10.99.1.1","asn":64512,"routeReflectorClient":true,"passive":true,"password":null}],"dynamicNeighbors":[{"prefix":"10.99.0.0/16","asn":64512,"routeReflectorClient":true}]}""");
        Assert.Equal(64512u, config.Speaker.Asn);
        Assert.True(config.Neighbors.Single().Session is { IsClient: true, IsPassive: true, Asn: 64512 });
        Assert.Null(config.Neighbors.Single().Password);
        Assert.Equal("10.99.0.0/16", config.Ranges.Single().Range.ToString());
        Assert.True(config.EndsGracefully);
    }

    [Theory]
    [InlineData("{", "line 1: not JSON")]
    [InlineData("[]", "the file is to be an object")]
    [InlineData("{\"routerId\":\"10.0.0.1\"}", "asn is missing")]
    [InlineData("{\"asn\":1}", "routerId is missing")]
    [InlineData("{\"asn\":0,\"routerId\":\"10.0.0.1\"}", "asn takes a whole number from 1 to 4294967295, not 0")]
    [InlineData("{\"asn\":1,\"asn\":2,\"routerId\":\"10.0.0.1\"}", "asn stands there twice")]
    [InlineData("{\"asn\":1,\"routerId\":\"::1\"}", "routerId takes an IPv4 address")]
    [InlineData("{$,\"nieghbors\":[]}", "unknown key nieghbors; there are asn, ")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"pasword\":\"x\"}]}", "unknown key neighbors[0].pasword")]
    [InlineData("{$,\"neighbors\":[{\"asn\":1}]}", "neighbors[0].address is missing")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.300\",\"asn\":1}]}", "neighbors[0].address takes an IP address")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":0}]}", "neighbors[0].asn takes a whole number from 1")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1},{\"address\":\"10.0.0.2\",\"asn\":1}]}", "neighbors: 10.0.0.2 stands there twice")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"holdTime\":2}]}", "neighbors[0].holdTime takes 0, or 3 to 65535")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"addPath\":\"all\"}]}", "neighbors[0].addPath takes none, receive, send or both")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"families\":[]}]}", "neighbors[0].families takes ipv4, ipv6 or both")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"import\":\"x\"}]}", "neighbors[0].import: there is no policy 'x'")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"password\":\"\"}]}", "neighbors[0]: a password has 1 to 80 octets")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"passwordFile\":\"/nowhere\"}]}", "neighbors[0].passwordFile: ")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"sourceAddress\":\"fd00::1\"}]}", "neighbors[0].sourceAddress takes an address of 10.0.0.2's family")]
    [InlineData("{$,\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"nextHopSelf\":true,\"keepNextHop\":true}]}", "nextHopSelf and keepNextHop")]
    [InlineData("{$,\"dynamicNeighbors\":[{\"prefix\":\"10.0.0.1/8\",\"asn\":1}]}", "dynamicNeighbors[0].prefix: 10.0.0.1/8 has bits beyond its length")]
    [InlineData("{$,\"dynamicNeighbors\":[{\"prefix\":\"10.0.0.0/8\",\"asn\":1,\"passive\":true}]}", "unknown key dynamicNeighbors[0].passive")]
    [InlineData("{$,\"networks\":[7]}", "networks[0] takes a prefix")]
    [InlineData("{$,\"policies\":{\"p\":{\"rules\":[{}]}}}", "policies.p.rules[0].action is missing")]
    [InlineData("{$,\"policies\":{\"p\":{\"rules\":[{\"action\":\"accept\",\"communities\":[\"70000:1\"]}]}}}", "policies.p.rules[0].communities[0] takes a community")]
    [InlineData("{$,\"listen\":[{\"address\":\"10.0.0.1\",\"port\":70000}]}", "listen[0].port takes a whole number from 1 to 65535")]
    [InlineData("{$,\"metrics\":\"9179\"}", "metrics takes an address with a port")]
    [InlineData("{$,\"\\ud800\":1}", "half a character")]
    [InlineData("{$,\"kernel\":1}", "kernel takes true or false, not 1")]
    public void Parse_WhatMakesNoSense_IsNamed(string json, string problem)
    {
        var error = Assert.Throws<ConfigException>(() => new ConfigReader().Parse(json.Replace("$", Head)));
        Assert.Contains(problem, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("\"password\": 5318008")]
    [InlineData("\"password\": [5318008]")]
    [InlineData("\"password\": \"5318008\", \"passwordFile\": \"/nowhere\"")]
    [InlineData("\"password\": \"5318008\", \"password\": \"5318008\"")]
    [InlineData("\"password\": \"5318008\", \"holdTime\": 1")]
    [InlineData("\"password\": \"5318008")]
    [InlineData("\"passive\": tru, \"password\": \"5318008\"")]
    [InlineData("\"password\": \"\\ud800 5318008\"")]
    public void Parse_PasswordWhereSomethingIsWrong_IsNotRepeated(string keys)
    {
        var error = Assert.Throws<ConfigException>(() => new ConfigReader().Parse($$"""{{{Head}},"neighbors":[{"address":"10.0.0.2","asn":1,{{keys}}}]}"""));
        Assert.DoesNotContain("5318008", error.ToString());
    }

    [Fact]
    public void Parse_SamePoliciesAgain_AreTheSameObjects()
    {
        const string Text = "{" + Head + ",\"policies\":{\"p\":{\"rules\":[{\"action\":\"reject\",\"within\":[\"10.0.0.0/8\"]}]}},\"neighbors\":[{\"address\":\"10.0.0.2\",\"asn\":1,\"import\":\"p\"}]}";
        var reader = new ConfigReader();
        Assert.Equal(reader.Parse(Text).Neighbors, reader.Parse(Text).Neighbors);
    }

    [Fact]
    public void Documentation_NamesEveryKey()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Net.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        var text = File.ReadAllText(Path.Combine(folder, "docs", "bgp.md"));
        foreach (var (key, help) in ConfigKeys.Top.Concat(ConfigKeys.Listen).Concat(ConfigKeys.Neighbor).Concat(ConfigKeys.Range).Concat(ConfigKeys.Policy).Concat(ConfigKeys.Rule))
        {
            Assert.True(key == "prefix" || text.Contains($"| {key} | {help} |"), $"docs/bgp.md lacks {key}: {help}");
        }
    }
}
