using Podwire.NetPolicy.Compile;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>What happens around policies with the back end nftables, and what no back end matters for.</summary>
public sealed class NftEnforcerTests(TestCluster cluster) : EnforcerTests(cluster), IClassFixture<TestCluster>
{
    private readonly TestCluster cluster = cluster;

    internal override string[] Damages { get; } =
        ["nft flush map ip podwire-netpolicy ingress-pods", "nft flush chain ip podwire-netpolicy forward", "nft delete table ip podwire-netpolicy", "nft flush ruleset"];

    [Fact]
    public async Task BridgeSysctl_SwitchedOff_IsSetAgain()
    {
        cluster["n1"].WriteSysctl("net/bridge/bridge-nf-call-iptables", "0");

        await TestCluster.EventuallyAsync(() => Task.FromResult(cluster["n1"].ReadSysctl("net/bridge/bridge-nf-call-iptables") == "1"), "bridged packets pass the rules");
    }

    [Fact]
    public async Task ClusterPolicies_NotServed_NamespacedOnesAreEnforcedAllTheSame()
    {
        await cluster.StopAsync();
        cluster.Api.Missing.Add("apis/policy.networking.k8s.io");
        try
        {
            await cluster.StartAsync("n1");
            await cluster.StartAsync("n2");
            cluster.SetPolicy("x", "deny", DenyAll);
            await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 300), "denied");
        }
        finally
        {
            cluster.Api.Missing.Clear();
            await RestartAsync(false);
        }
    }

    [Fact]
    public async Task BadPolicy_FailsClosedWithAnEvent()
    {
        cluster.SetPolicy("x", "bad", """{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"nonsense"}}]}]}""");

        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a3", cluster.Hosts["a1"].V4, 80, 300), "denied");
        await TestCluster.EventuallyAsync(() => Task.FromResult(cluster.Api.Events.Any(e => e.StartsWith("PolicyUnusable bad: spec.ingress[0].from[0].ipBlock: 'nonsense'", StringComparison.Ordinal))), "an event");
    }

    [Theory]
    [InlineData("--backend=ipvs", "--backend ipvs is not served")]
    [InlineData("--established=maybe", "--established takes cut or keep")]
    [InlineData("--master=ftp://x", "--master takes an address")]
    [InlineData("--frobnicate", "unknown flag --frobnicate")]
    public async Task Flags_ThatCannotBeUsed_EndItWithOneLine(string flag, string message)
    {
        using var process = PolicyProcess.Start(cluster.NameOf("n1"), flag);

        Assert.Equal(2, (await process.EndAsync()).ExitCode);
        await LoggedAsync(process, message);
    }

    internal override bool AreWhole() => cluster.ReadTable("n1", TableSchema.V4.Id)?.FindChain("forward")?.Rules.Count > 0
        && cluster.ReadTable("n1", TableSchema.V4.Id)!.FindSet("ingress-pods")!.Elements.Count == 2;

    internal override async Task CheckPlanAsync(string plan)
    {
        var file = $"/tmp/{cluster.NameOf("plan")}";
        await File.WriteAllTextAsync(file, plan, TestContext.Current.CancellationToken);
        Assert.Contains("ingress-pods", cluster.Run("under", $"set -e; nft -f {file}; nft list ruleset; nft flush ruleset"));
        File.Delete(file);
    }

    internal override int PendingCount()
    {
        var count = 0;
        foreach (var line in cluster.Run("n1", "nft list set ip podwire-netpolicy pending-pods").Split('\n'))
        {
            count += line.Contains("elements", StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }
}
