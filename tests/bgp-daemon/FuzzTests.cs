using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.BgpDaemon.Config;
using Podwire.BgpDaemon.Loop;
using Podwire.Fuzz;

namespace Podwire.BgpDaemon.Tests;

/// <summary>What the daemon reads besides BGP: its configuration, and lines on the state socket.</summary>
public class FuzzTests
{
    private const string Sample = """
        {"asn":64512,"routerId":"10.99.0.1","clusterId":"10.99.0.1","listen":[{"address":"10.99.0.1","port":179}],"kernel":false,"multipath":4,"networks":["10.1.0.0/16","fd00::/8"],
         "neighbors":[{"address":"10.99.1.1","asn":64512,"routeReflectorClient":true,"passive":true,"password":null,"ttlSecurity":1,"families":["ipv4"],"import":"p","holdTime":30,"gracefulRestart":false,"addPath":"both"}],
         "dynamicNeighbors":[{"prefix":"10.99.0.0/16","asn":0,"maxPrefixes":10,"keepNextHop":true,"export":"p"}],"stateSocket":null,"metrics":"127.0.0.1:9179","deferral":5,
         "policies":{"p":{"otherwise":"reject","rules":[{"action":"accept","within":["10.0.0.0/8"],"minLength":8,"maxLength":32,"communities":["1:2"],"asPathPrefix":[1],"own":true,"internal":false,"addCommunities":["3:4"],"prepend":[5],"localPref":6}]}}}
        """;

    [Fact]
    [Trait("fuzz", "yes")]
    public void Configuration_AnyBytes_IsReadOrRefusedInOneLine()
    {
        var reader = new ConfigReader();
        Fuzzer.Run("podwire-bgp's configuration", [Encoding.UTF8.GetBytes(Sample)], bytes => reader.Parse(Encoding.UTF8.GetString(bytes)), static e => e is ConfigException && !e.Message.Contains('\n'));
    }

    [Fact]
    [Trait("fuzz", "yes")]
    public void StateSocket_AnyLine_IsAnsweredByADocument()
    {
        var config = new ConfigReader().Parse("""{"asn":64512,"routerId":"10.99.0.1","listen":[],"stateSocket":null,"networks":["10.1.0.0/16","fd00::/8"]}""");
        using var loop = new SpeakerLoop(config, NullLogger.Instance);
        Fuzzer.Run("podwire-bgp's state socket", [.. ((string[])["neighbors", "summary", "routes", "routes 10.1.0.0/16", "routes fd00::/8", "explain 10.1.2.3", "explain fd00::1"]).Select(Encoding.UTF8.GetBytes)], Read, static _ => false);
        void Read(byte[] bytes)
        {
            var answer = new MemoryStream();
            foreach (var piece in loop.StateOf(Encoding.UTF8.GetString(bytes).Trim()))
            {
                answer.Write(piece.Span);
            }

            Assert.NotNull(JsonNode.Parse(answer.ToArray()));
        }
    }
}
