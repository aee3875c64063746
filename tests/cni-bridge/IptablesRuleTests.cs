using Podwire.Cni;
using Podwire.CniBridge.Firewall;
using Podwire.CniBridge.Iptables;
using Podwire.CniBridge.Portmap;
using Podwire.CniBridge.Ptp;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

/// <summary>Texts of iptables, and the readers of configurations: no root is needed.</summary>
public class IptablesRuleTests
{
    [Theory]
    [InlineData("-s 10.0.0.1/32 -j X", "-s 10.0.0.1 -j X", true)]
    [InlineData("-s 10.0.0.7/24 -j X", "-j X -s 10.0.0.0/24", true)]
    [InlineData("-d ::/0 -j X", "-j X", true)]
    [InlineData("-p tcp -m tcp --dport 80 -j X", "-p tcp --destination-port 80 -j X", true)]
    [InlineData("-p tcp -m multiport --dports 1,2 -m comment --comment \"a b\" -j X", "-m comment --comment \"a b\" -p tcp -m multiport --destination-ports 1,2 -j X", true)]
    [InlineData("-d fd77:0::2 -j X", "-d fd77::2/128 -j X", true)]
    [InlineData("! -d 10.0.0.0/8 -j X", "-d 10.0.0.0/8 -j X", false)]
    [InlineData("-i a ! -o a -j X", "! -i a -o a -j X", false)]
    [InlineData("-j X", "-j Y", false)]
    [InlineData("-m comment --comment \"a\" -j X", "-m comment --comment \"b\" -j X", false)]
    [InlineData("-m mark --mark 0x2000/0x2000 -j X", "-m mark --mark 0x4000/0x4000 -j X", false)]
    public void Rules_AreComparedByWhatTheySay(string one, string other, bool same) =>
        Assert.Equal(same, IptablesRule.Parse("-A C " + one)!.Value.Rule.Says(IptablesRule.Parse("-A C " + other)!.Value.Rule));

    [Theory]
    [InlineData("name: \"net\" id: \"c1\"")]
    [InlineData("a\\b'c\td")]
    [InlineData("-j")]
    [InlineData("plain")]
    public void Rule_Words_SurviveWritingAndReading(string comment)
    {
        var rule = IptablesRule.Of("-m", "comment", "--comment", comment, "-j", "X");
        var (chain, read) = IptablesRule.Parse($"-A CHAIN {rule.Text}")!.Value;
        Assert.Equal("CHAIN", chain);
        Assert.Equal(rule.Words, read.Words);
        Assert.True(rule.Says(read));
        Assert.Equal(comment, read.Comment);
    }

    [Fact]
    public void Portmap_Rule_IsReadAsAMapping()
    {
        var flow = PortmapRules.Read(IpFamily.V6, IptablesRule.Parse("-A C -d 2001:db8::1/128 -p udp -m udp --dport 53 -j DNAT --to-destination [fd77::2]:5353")!.Value.Rule);
        Assert.Equal(new PortmapFlow(new PortMapping(IpProtocol.Udp, 53, 5353, IpAddress.Parse("2001:db8::1")), IpAddress.Parse("fd77::2")), flow);
        foreach (var other in new[] { "-j DNAT", "-j DNAT --to-destination :80", "-p tcp --dport x -j DNAT --to-destination 10.0.0.1:80", "-p icmp -j DNAT --to-destination 10.0.0.1:80", "-p tcp --dport 99999 -j DNAT --to-destination 10.0.0.1:80", "-p tcp --dport 80 -j DNAT --to-destination 10.0.0.1" })
        {
            Assert.Null(PortmapRules.Read(IpFamily.V4, IptablesRule.Parse("-A C " + other)!.Value.Rule));
        }
    }

    [Fact]
    public void Readers_DamagedText_FailOnlyAsTheSpecificationSays()
    {
        var random = new Random(5);
        string[] saved = [":CNI-HOSTPORT-DNAT - [0:0]\n-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment \"dnat name: \\\"net\\\" id: \\\"c1\\\"\" -m multiport --dports 8080 -j CNI-DN-1\n-A CNI-DN-1 ! -d 10.1.1.1/32 -p udp --dport 80 -j DNAT --to-destination 10.77.0.2:81\n"];
        string[] configs =
        [
            """{"cniVersion":"1.1.0","name":"net","backend":"iptables","snat":true,"masqAll":false,"markMasqBit":5,"conditionsV4":["-s","10.0.0.1"],"conditionsV6":[],"runtimeConfig":{"portMappings":[{"hostPort":80,"containerPort":8080,"protocol":"tcp","hostIP":"::1"}]}}""",
            """{"cniVersion":"1.1.0","name":"net","backend":"nftables","ingressPolicy":"isolated","iptablesAdminChainName":"A","ipMasq":true,"mtu":1400,"ipam":{"type":"x"},"ipMasqBackend":"iptables","externalSetMarkChain":null}""",
        ];
        for (var i = 0; i < 20_000; i++)
        {
            var snapshot = IptablesSnapshot.Parse(Damage(saved[0], random));
            foreach (var rule in snapshot.Chains.SelectMany(c => snapshot[c]))
            {
                PortmapRules.Read(IpFamily.V4, rule);
                PortmapRules.Read(IpFamily.V6, rule);
                IptablesNames.ContainerOf("net", rule.Comment, "dnat ");
            }

            var text = System.Text.Encoding.UTF8.GetBytes(Damage(configs[i % 2], random));
            Action<NetworkConfig>[] readers = [c => PortmapConfig.Parse(c), c => FirewallConfig.Parse(c), c => PtpConfig.Parse(c)];
            foreach (var read in readers)
            {
                try
                {
                    read(NetworkConfig.Parse(text));
                }
                catch (CniException)
                {
                    // The one that may come out.
                }
            }
        }
    }

    private static string Damage(string text, Random random)
    {
        var characters = text.ToCharArray().ToList();
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(characters.Count);
            switch (random.Next(3))
            {
                case 0:
                    characters[at] = "\"\\!-:[]{},0 \n9x"[random.Next(15)];
                    break;
                case 1:
                    characters.RemoveRange(at, Math.Min(random.Next(1, 20), characters.Count - at));
                    break;
                default:
                    characters.InsertRange(at, characters.GetRange(random.Next(at + 1), 1));
                    break;
            }
        }

        return new string([.. characters]);
    }
}
