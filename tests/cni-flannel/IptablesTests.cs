using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class IptablesTests
{
    private static readonly BackendConf Vxlan = new() { Type = BackendType.Vxlan };

    private const string Postrouting = """
        -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
        -A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
        -A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
        -A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
        -A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
        -A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
        """;

    private const string Forward = """
        -A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
        -A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
        """;

    [Fact]
    public void Restore_FromNothing_IsFlannelsChainsInOrder()
    {
        var chains = IptablesCompiler.Compile(Snapshots.Of(Vxlan), IpFamily.V4, masquerade: true, randomly: true, forward: true);
        Assert.Equal(
            $"""
            *nat
            :FLANNEL-POSTRTG - [0:0]
            {Postrouting}
            -A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
            COMMIT
            *filter
            :FLANNEL-FWD - [0:0]
            {Forward}
            -A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
            COMMIT

            """,
            IptablesCompiler.Restore(chains, [(null, 0), (null, 0)]));
    }

    [Fact]
    public void Restore_WhatIsThere_IsNothing_AndOnlyTheTableThatDiffersIsWritten()
    {
        var chains = IptablesCompiler.Compile(Snapshots.Of(Vxlan), IpFamily.V4, masquerade: true, randomly: true, forward: true);
        Assert.Empty(IptablesCompiler.Restore(chains, [(chains[0].Rules, 1), (chains[1].Rules, 1)]));
        Assert.DoesNotContain("*nat", IptablesCompiler.Restore(chains, [(chains[0].Rules, 1), ([], 1)]), StringComparison.Ordinal);
        Assert.Contains("-D POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG\n", IptablesCompiler.Restore(chains, [(chains[0].Rules, 2), (chains[1].Rules, 1)]), StringComparison.Ordinal);
        var off = IptablesCompiler.Compile(Snapshots.Of(Vxlan), IpFamily.V4, masquerade: false, randomly: true, forward: true);
        Assert.Contains("-X FLANNEL-POSTRTG\n", IptablesCompiler.Restore(off, [(chains[0].Rules, 1), (chains[1].Rules, 1)]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_WritesFlannelsRules_BehindThoseThatAreThere()
    {
        await using var cluster = new TestCluster(2);
        Iptables(cluster[1], "-t nat -A POSTROUTING -s 192.0.2.0/24 -j ACCEPT");
        await cluster.StartAsync(TestCluster.NetConf(Vxlan) with { EnableNftables = false });
        var nat = Iptables(cluster[1], "-t nat -S");
        Assert.Equal(Postrouting.ReplaceLineEndings("\n"), Lines(nat, "-A FLANNEL-POSTRTG"));
        Assert.Equal("-A POSTROUTING -s 192.0.2.0/24 -j ACCEPT\n-A POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG", Lines(nat, "-A POSTROUTING"));
        Assert.Equal(Forward.ReplaceLineEndings("\n"), Lines(Iptables(cluster[1], "-t filter -S"), "-A FLANNEL-FWD"));
        Assert.DoesNotContain("flannel-ipv4", cluster[1].Nft("list tables"), StringComparison.Ordinal);
        Assert.Equal(System.Net.IPAddress.Parse("10.89.0.11"), await cluster.SeenOutsideAsync(cluster[1]));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Theory]
    [InlineData("-t nat -F FLANNEL-POSTRTG")]
    [InlineData("-t nat -F POSTROUTING")]
    [InlineData("-t filter -D FLANNEL-FWD 1")]
    [InlineData("-t nat -I FLANNEL-POSTRTG -j ACCEPT")]
    [InlineData("-t filter -A FORWARD -m comment --comment flanneld -j DROP")]
    public async Task ForeignChange_IsRepairedAtTheKernelsNotification(string change)
    {
        await using var cluster = new TestCluster(1);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan) with { EnableNftables = false });
        Iptables(cluster[1], change);

        // The node's own comparison is an hour away.
        await TestCluster.UntilAsync("the rules are as they were", () =>
        {
            var nat = Iptables(cluster[1], "-t nat -S");
            return Lines(nat, "-A FLANNEL-POSTRTG") == Postrouting.ReplaceLineEndings("\n")
                && nat.Contains("-j FLANNEL-POSTRTG", StringComparison.Ordinal)
                && Lines(Iptables(cluster[1], "-t filter -S"), "-A FLANNEL-FWD") == Forward.ReplaceLineEndings("\n");
        });
    }

    [Fact]
    public async Task FromIptablesToNftablesAndBack_TheOthersRulesGo()
    {
        await using var cluster = new TestCluster(1);
        foreach (var nftables in new[] { false, true, false })
        {
            await cluster.StartAsync(TestCluster.NetConf(Vxlan, dualStack: true) with { EnableNftables = nftables });
            Assert.Equal(!nftables, Iptables(cluster[1], "-t nat -S").Contains("FLANNEL", StringComparison.Ordinal));
            Assert.Equal(!nftables, TestCluster.Run("ip", ["netns", "exec", cluster[1].NetnsName, "ip6tables", "-t", "filter", "-S"]).Contains("-d fd00:10:244::/48", StringComparison.Ordinal));
            Assert.Equal(nftables, cluster[1].Nft("list tables").Contains("table ip flannel-ipv4", StringComparison.Ordinal));
            Assert.Equal(nftables, cluster[1].Nft("list tables").Contains("table ip6 flannel-ipv6", StringComparison.Ordinal));
            await cluster[1].StopAsync();
        }
    }

    [Fact]
    public async Task ARestart_WritesNothing()
    {
        await using var cluster = new TestCluster(1);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan) with { EnableNftables = false });
        await cluster[1].StopAsync();
        var before = cluster[1].Nft("-a list ruleset");
        await cluster.StartAsync(TestCluster.NetConf(Vxlan) with { EnableNftables = false });
        Assert.Equal(before, cluster[1].Nft("-a list ruleset"));
    }

    private static string Iptables(TestNode node, string arguments) => TestCluster.Run("ip", ["netns", "exec", node.NetnsName, "iptables", "-w", .. arguments.Split(' ')]);

    private static string Lines(string text, string prefix) => string.Join('\n', text.Split('\n').Where(line => line.StartsWith(prefix + " ", StringComparison.Ordinal)));
}
