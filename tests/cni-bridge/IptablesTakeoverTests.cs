using Podwire.CniBridge.Iptables;
using Podwire.Primitives;
using static Podwire.CniBridge.Tests.PortmapNode;

namespace Podwire.CniBridge.Tests;

/// <summary>A node goes from the reference's plugins to these and back, while containers stay: Debian's plugins and ours on one another's iptables rules.</summary>
public class IptablesTakeoverTests
{
    private const string UseIptables = ",\"backend\":\"iptables\"";

    [Fact]
    public void Portmap_Iptables_MakesWhatTheReferenceMakes()
    {
        RequireReference("portmap");
        using var node = new Node();
        var result = AsOld(node.Attach("c1"));
        var config = Old(Mapping(8080, 80) + "," + Mapping(8443, 443) + "," + Mapping(5353, 53, "udp", "192.0.2.1"), result);
        node.Run("portmap", "ADD", config, path: CniExecutables.ReferencePath).Succeeds();
        var (four, six) = (Iptables.Save(node, "nat"), Iptables.Save(node, "nat", IpFamily.V6));
        node.Run("portmap", "CHECK", config.Replace("}]}", "}]}" + UseIptables, StringComparison.Ordinal)).Succeeds();
        node.Run("portmap", "DEL", config, path: CniExecutables.ReferencePath).Succeeds();
        node.Run("portmap", "ADD", config.Replace("}]}", "}]}" + UseIptables, StringComparison.Ordinal)).Succeeds();
        Assert.Equal(four, Iptables.Save(node, "nat"));
        Assert.Equal(six, Iptables.Save(node, "nat", IpFamily.V6));

        // Its CHECK is not asked: that of 1.1.1 looks for IPv4 rules in ip6tables.
        node.Run("portmap", "DEL", config, path: CniExecutables.ReferencePath).Succeeds();
        Assert.DoesNotContain("CNI-DN-", Iptables.Save(node, "nat"));
        Assert.DoesNotContain("CNI-DN-", Iptables.Save(node, "nat", IpFamily.V6));
    }

    [Theory]
    [InlineData("")]
    [InlineData(UseIptables)]
    public void Portmap_WhatTheReferenceMade_IsDeletedWhateverTheBackend(string backend)
    {
        RequireReference("portmap");
        using var node = new Node();
        var config = Old(Mapping(8080, 80), AsOld(node.Attach("c1")));
        node.Run("portmap", "ADD", config, path: CniExecutables.ReferencePath).Succeeds();
        Assert.Contains("CNI-DN-", Iptables.Save(node, "nat"));
        node.Portmap("DEL", "c1", Config("", backend)).Succeeds();
        Assert.DoesNotContain("CNI-DN-", Iptables.Save(node, "nat"));
        Assert.DoesNotContain("CNI-DN-", Iptables.Save(node, "nat", IpFamily.V6));
        node.Run("portmap", "ADD", config, path: CniExecutables.ReferencePath).Succeeds();
        node.Portmap("GC", "c1", Config("", backend + ",\"cni.dev/valid-attachments\":[]")).Succeeds();
        Assert.DoesNotContain("CNI-DN-", Iptables.Save(node, "nat"));
    }

    [Fact]
    public void Portmap_OlderKernelInterface_IsFoundAndDeletedToo()
    {
        using var node = new Node();
        node.Attach("c1");
        var chain = IptablesNames.Chain("net", "c1", "DN-");
        foreach (var line in new[] { "-N CNI-HOSTPORT-DNAT", $"-N {chain}", $"-A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8080 -j {chain}", $"-A {chain} -p tcp --dport 8080 -j DNAT --to-destination 10.77.0.2:80" })
        {
            Iptables.Run(node, "iptables-legacy", ["-t", "nat", .. line.Split(' ')]);
        }

        node.Portmap("DEL", "c1", Config("")).Succeeds();
        Assert.Equal(":CNI-HOSTPORT-DNAT", Iptables.Save(node, "nat", variant: "-legacy"));
    }

    [Fact]
    public void Masquerade_Iptables_MakesWhatTheReferenceMakes()
    {
        RequireReference("bridge");
        using var node = new Node();
        var config = node.Config(",\"ipMasq\":true", node.Ipam(Dual), version: "1.0.0");
        var ours = config.TrimEnd()[..^1] + ",\"ipMasqBackend\":\"iptables\"}";
        var result = node.Add("c1", config, path: CniExecutables.ReferencePath).Succeeds();
        var (four, six) = (Iptables.Save(node, "nat"), Iptables.Save(node, "nat", IpFamily.V6));
        node.Run("bridge", "CHECK", Node.With(ours, result.Stdout)).Succeeds();
        node.Del("c1", ours).Succeeds();
        Assert.Empty(Iptables.Save(node, "nat"));
        Assert.Empty(Iptables.Save(node, "nat", IpFamily.V6));
        node.Add("c1", ours.TrimEnd()[..^1] + ",\"runtimeConfig\":{\"ips\":[\"10.77.0.2\",\"fd77::2\"]}}").Succeeds();
        Assert.Equal(four, Iptables.Save(node, "nat"));
        Assert.Equal(six, Iptables.Save(node, "nat", IpFamily.V6));
        Assert.Empty(node.MasqueradeOwners());
        node.Del("c1", config, path: CniExecutables.ReferencePath).Succeeds();
        Assert.Empty(Iptables.Save(node, "nat"));
    }

    [Fact]
    public void Masquerade_ChangesToNftables_DelAndGcRemoveTheOldRules()
    {
        RequireReference("bridge");
        using var node = new Node();
        var config = node.Config(",\"ipMasq\":true", version: "1.0.0");
        node.Add("c1", config, path: CniExecutables.ReferencePath).Succeeds();
        node.Add("c2", config, path: CniExecutables.ReferencePath).Succeeds();
        node.RemoveContainer("c1");
        node.Del("c1", config).Succeeds();
        Assert.DoesNotContain(IptablesNames.Chain("net", "c1"), Iptables.Save(node, "nat"));
        Assert.Contains(IptablesNames.Chain("net", "c2"), Iptables.Save(node, "nat"));
        node.Run("bridge", "GC", node.Config(",\"cni.dev/valid-attachments\":[]")).Succeeds();
        Assert.Empty(Iptables.Save(node, "nat"));
    }

    [Fact]
    public void Firewall_Iptables_MakesWhatTheReferenceMakes()
    {
        RequireReference("firewall");
        using var node = new Node();
        var result = AsOld(node.Attach("c1"));
        var config = $$"""{"cniVersion":"1.0.0","name":"net","type":"firewall","ingressPolicy":"same-bridge","prevResult":{{result}}}""";
        node.Run("firewall", "ADD", config, path: CniExecutables.ReferencePath).Succeeds();
        var (four, six) = (Iptables.Save(node, "filter"), Iptables.Save(node, "filter", IpFamily.V6));
        node.Run("firewall", "CHECK", config).Succeeds();
        node.Run("firewall", "DEL", config).Succeeds();
        Assert.DoesNotContain("10.77.0.2", Iptables.Save(node, "filter"));
        node.Run("firewall", "ADD", config).Succeeds();
        Assert.Equal(four, WithoutNotes(Iptables.Save(node, "filter")));
        Assert.Equal(six, WithoutNotes(Iptables.Save(node, "filter", IpFamily.V6)));
        node.Run("firewall", "CHECK", config, path: CniExecutables.ReferencePath).Succeeds();
        node.Run("firewall", "DEL", config, path: CniExecutables.ReferencePath).Succeeds();
        Assert.DoesNotContain("10.77.0.2/32 -j", Iptables.Save(node, "filter"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("netc1")]
    public void Chain_IsTheBeginningOfSha512(string text)
    {
        var expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA512.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
        Assert.Equal($"CNI-{expected}"[..28], IptablesNames.Chain(text, string.Empty));
        for (var length = 100; length < 260; length++)
        {
            var bytes = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
            Assert.Equal(System.Security.Cryptography.SHA512.HashData(bytes), Sha512.Hash(bytes));
        }
    }

    private static string WithoutNotes(string saved) =>
        string.Join('\n', saved.Split('\n').Where(l => !l.Contains("CNI-PODWIRE-OWNERS", StringComparison.Ordinal)));

    private static string AsOld(string result) => result.Replace("\"cniVersion\":\"1.1.0\"", "\"cniVersion\":\"1.0.0\"", StringComparison.Ordinal).Trim();

    private static string Old(string mappings, string previous) => Config(mappings, previous: previous).Replace("\"cniVersion\":\"1.1.0\"", "\"cniVersion\":\"1.0.0\"", StringComparison.Ordinal);

    private static void RequireReference(string plugin) => Assert.SkipUnless(CniExecutables.HasReference(plugin), "lacks: containernetworking-plugins");
}
