namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>What happens around policies with the back end iptables, and what becomes of one back end's rules when the other takes over.</summary>
public sealed class IptablesEnforcerTests(IptablesCluster cluster) : EnforcerTests(cluster), IClassFixture<IptablesCluster>
{
    private readonly IptablesCluster cluster = cluster;

    internal override string[] Damages { get; } =
        ["iptables -F KUBE-NWPLCY", "iptables -I FORWARD -j ACCEPT", "iptables -D FORWARD -m comment --comment 'podwire network policies' -j KUBE-NWPLCY", "printf '*filter\n:FORWARD ACCEPT\nCOMMIT\n' | iptables-restore", "nft flush ruleset"];

    [Fact]
    public async Task Backend_Switched_KeepsPodsIsolatedAndLeavesNothingOfTheOther()
    {
        cluster.SetPolicy("x", "deny", DenyAll);
        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 300), "denied");
        using var leak = new CancellationTokenSource();
        var trying = Task.Run(
            async () =>
            {
                var connections = 0;
                while (!leak.IsCancellationRequested)
                {
                    connections += await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 50) ? 1 : 0;
                }

                return connections;
            },
            TestContext.Current.CancellationToken);

        foreach (var backend in (string[])["nftables", "iptables"])
        {
            await cluster.StopAsync();
            await cluster.StartAsync("n1", backend: backend);
            await cluster.StartAsync("n2", backend: backend);
            var isNft = backend == "nftables";
            await TestCluster.EventuallyAsync(() => Task.FromResult(cluster.Run("n1", "iptables-save; ip6tables-save; ipset list -n").Contains("KUBE-", StringComparison.Ordinal) == !isNft), "iptables");
            await TestCluster.EventuallyAsync(() => Task.FromResult(cluster.Run("n1", "nft list tables").Contains("podwire-netpolicy", StringComparison.Ordinal) == isNft), "nftables");
            await cluster.AgreesAsync(backend, Primitives.IpFamily.V4);
        }

        await leak.CancelAsync();
        Assert.Equal(0, await trying);
    }

    [Fact]
    public async Task FirstLoad_SetWithoutRoom_ClosesPodsWithAnEventAndAMetricUntilThereIs()
    {
        cluster.SetPolicy("x", "p", """{"podSelector":{"matchLabels":{"app":"web"}},"ingress":[{"from":[{"namespaceSelector":{}}]}]}""");
        await cluster.AgreesAsync("a policy", Primitives.IpFamily.V4);
        await cluster.StopAsync();
        try
        {
            // The set of the peers, which every pod is in, as somebody made it who had one in mind.
            var set = cluster.Run("n1", """
                set=$(ipset save | grep '^add .* 10.244.2.3$' | cut -d' ' -f2 | head -1)
                for one in iptables ip6tables; do $one -F; $one -X; done
                until ipset destroy; do sleep 0.01; done
                ipset create $set hash:ip family inet maxelem 1
                echo -n $set
                """);
            await cluster.StartAsync("n1", isAwaited: false);

            await cluster.TellsAsync("NoRoom n1: the kernel has no room for the rules of 2 addresses");
            await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 300) && !await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V6, 80, 300), "closed");
            Assert.True(await cluster.ConnectsAsync("a2", cluster.Hosts["a3"].V4, 80));
            await cluster.MeasuresAsync("n1", "^podwire_netpolicy_closed_addresses(\\{.*\\})? 2$");
            cluster.Run("n1", $"ipset destroy {set}");
            await TestCluster.EventuallyAsync(() => cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 500), "there is room");
            await cluster.MeasuresAsync("n1", "^podwire_netpolicy_closed_addresses(\\{.*\\})? 0$");
        }
        finally
        {
            await RestartAsync(false);
        }
    }

    internal override bool AreWhole() => cluster.Run("n1", "iptables-save -t filter") is var text
        && text.Split('\n').First(line => line.StartsWith("-A FORWARD", StringComparison.Ordinal) || line == "COMMIT").EndsWith("-j KUBE-NWPLCY", StringComparison.Ordinal)
        && text.Split('\n').Count(line => line.StartsWith("-A KUBE-NWPLCY -s", StringComparison.Ordinal)) == 2
        && text.Split('\n').Count(line => line.StartsWith("-A KUBE-POD-FW-p", StringComparison.Ordinal)) > 2;

    internal override Task CheckPlanAsync(string plan)
    {
        Assert.Contains("-I FORWARD -m comment --comment \"podwire network policies\" -j KUBE-NWPLCY", plan);
        Assert.Matches("(?m)^create KUBE-NWPLCY4-p[A-Z2-7]{15} hash:net family inet ", plan);
        Assert.Matches("(?m)^add KUBE-NWPLCY4-p[A-Z2-7]{15} 10.0.0.0/9$", plan);
        return Task.CompletedTask;
    }

    internal override int PendingCount() => cluster.Run("n1", "ipset list KUBE-NWPLCY4-PENDING | sed '1,/^Members/d'").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
