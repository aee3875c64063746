using FsCheck;
using FsCheck.Fluent;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Tests.Model;
using Data = Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Iptables;

/// <summary>Random histories through iptables-restore text: what the chains do is what the API says, and what a history leaves is what a first compilation makes.</summary>
public sealed class IptablesModelTests
{
    [Theory]
    [InlineData(IpFamily.V4, true, false)]
    [InlineData(IpFamily.V6, true, false)]
    [InlineData(IpFamily.V4, false, false)]
    [InlineData(IpFamily.V4, true, true)]
    public void Apply_AnyHistory_DoesWithPacketsWhatTheApiSays(IpFamily family, bool knowsPods, bool masqueradeAll) => Histories(history =>
    {
        var settings = Settings(family, knowsPods, masqueradeAll);
        var (cluster, model, kernel) = (new RandomCluster(), new IptablesModel(settings), new FakeIptables());
        kernel.Restore(IptablesDiff.Between(kernel.Listing, model).ToRestoreText());
        foreach (var number in history)
        {
            kernel.Restore(model.Apply(cluster.Change(number)).ToRestoreText());
        }

        var reading = new DirectReading(cluster.Services, Data.Node, settings.Common, RandomCluster.LocalAddresses, iptables: true);
        var interpreter = new IptablesInterpreter(kernel.Listing, RandomCluster.LocalAddresses);
        foreach (var packet in RandomCluster.Packets(family))
        {
            var (expected, actual) = (reading.Outcomes(packet), interpreter.Outcomes(packet));
            Assert.True(actual.SetEquals(expected), $"{packet}: is {Text(actual)}, should be {Text(expected)}");
        }
    });

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Apply_AnyHistory_LeavesWhatAFirstCompilationMakes(IpFamily family) => Histories(history =>
    {
        var (cluster, model, kernel) = (new RandomCluster(), new IptablesModel(Settings(family)), new FakeIptables());
        kernel.Restore(IptablesDiff.Between(kernel.Listing, model).ToRestoreText());
        foreach (var number in history)
        {
            kernel.Restore(model.Apply(cluster.Change(number)).ToRestoreText());
            Assert.Empty(IptablesDiff.Between(kernel.Listing, model).ToRestoreText());
        }

        var first = new IptablesModel(Settings(family));
        _ = first.Apply(Data.Snapshot([.. cluster.Services]));
        Assert.Empty(IptablesDiff.Between(kernel.Listing, first).ToRestoreText());
    });

    [Fact]
    public void Apply_FrontendsAndEndpoints_AreKnownForFlows() => Histories(history =>
    {
        var (cluster, model, table) = (new RandomCluster(), new IptablesModel(Settings(IpFamily.V4)), new TableModel(Settings(IpFamily.V4).Common));
        foreach (var number in history)
        {
            var snapshot = cluster.Change(number);
            _ = model.Apply(snapshot);
            _ = table.Apply(snapshot);
        }

        foreach (var key in cluster.Services.SelectMany(state => ServiceCompiler.KeysOf(state.Service, IpFamily.V4)))
        {
            Assert.Equal(table.Contains(key), model.Contains(key));
            foreach (var endpoint in cluster.Services.SelectMany(state => state.Service.Ports.SelectMany(port => state.EndpointsOf(port, IpFamily.V4))))
            {
                Assert.Equal(table.LeadsTo(key, endpoint.Target), model.LeadsTo(key, endpoint.Target));
            }
        }
    });

    [Fact]
    public void Removing_AnyHistory_LeavesWhatOthersHave() => Histories(history =>
    {
        var (cluster, model, kernel) = (new RandomCluster(), new IptablesModel(Settings(IpFamily.V4)), new FakeIptables());
        kernel.Append("filter", "INPUT", "-p tcp -m tcp --dport 22 -j ACCEPT");
        kernel.Append("nat", "CNI-HOSTPORT-DNAT", "-j RETURN");
        kernel.Append("nat", "PREROUTING", "-m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT");
        var before = Lines(kernel.Listing);
        kernel.Restore(IptablesDiff.Between(kernel.Listing, model).ToRestoreText());
        foreach (var number in history)
        {
            kernel.Restore(model.Apply(cluster.Change(number)).ToRestoreText());
        }

        kernel.Restore(IptablesDiff.Removing(kernel.Listing).ToRestoreText());

        Assert.Equal(before, Lines(kernel.Listing));
    });

    [Fact]
    public void Removing_WithAKubelet_LeavesWhatIsItsOwn()
    {
        var (model, kernel) = (new IptablesModel(Settings(IpFamily.V4)), new FakeIptables());
        kernel.Restore("*mangle\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n");
        kernel.Restore(IptablesDiff.Between(kernel.Listing, model).ToRestoreText());

        kernel.Restore(IptablesDiff.Removing(kernel.Listing).ToRestoreText());

        Assert.Equal(["FORWARD", "INPUT", "KUBE-FIREWALL", "OUTPUT"], kernel.Listing.Chains(IptablesTable.Filter).Keys.Order(StringComparer.Ordinal));
        Assert.Equal("-j KUBE-FIREWALL", Assert.Single(kernel.Listing.Chains(IptablesTable.Filter)["INPUT"]).ToString());
    }

    [Fact]
    public void Between_ChainThatSomebodyElseLeadsTo_IsEmptiedAndNotDeleted()
    {
        var (model, kernel) = (new IptablesModel(Settings(IpFamily.V4)), new FakeIptables());
        kernel.Append("nat", "KUBE-SVC-STALE", "-j RETURN");
        kernel.Append("nat", "KUBE-SVC-HELD", "-j RETURN");
        kernel.Append("nat", "PREROUTING", "-p tcp -m multiport --dports 1,2 -j KUBE-SVC-HELD");

        kernel.Restore(IptablesDiff.Between(kernel.Listing, model).ToRestoreText());

        Assert.Empty(kernel.Listing.Chains(IptablesTable.Nat)["KUBE-SVC-HELD"]);
        Assert.False(kernel.Listing.Chains(IptablesTable.Nat).ContainsKey("KUBE-SVC-STALE"));
    }

    [Fact]
    public void Apply_OneEndpointExchanged_WritesOnlyItsChains()
    {
        var model = new IptablesModel(Settings(IpFamily.V4));
        var others = Enumerable.Range(1, 50).Select(i => Data.With(Data.Service($"other{i}", $"10.96.1.{i}"), Data.Endpoint("10.244.1.7"))).ToArray();
        var service = Data.Service();
        _ = model.Apply(Data.Snapshot([Data.With(service, Data.Endpoint("10.244.0.2"), Data.Endpoint("10.244.0.3")), .. others]));

        var change = model.Apply(Data.Snapshot(Data.With(service, Data.Endpoint("10.244.0.9"), Data.Endpoint("10.244.0.3"))));

        Assert.Equal(["KUBE-SVC-", "KUBE-SEP-"], change.Written.Select(chain => chain.Chain[..9]));
        Assert.Equal("KUBE-SEP-", Assert.Single(change.Deleted).Chain[..9]);
    }

    [Fact]
    public void Apply_MoreThanAThousandEndpoints_LeavesCommentsOfEndpointsOut()
    {
        var model = new IptablesModel(Settings(IpFamily.V4));
        var service = Data.Service();
        _ = model.Apply(Data.Snapshot(Data.With(service, Data.Endpoint("10.244.0.2"))));
        Assert.Contains(model.ToListing().Chains(IptablesTable.Nat), chain => chain.Value.Exists(rule => rule.ToString().Contains("default/web:http -> 10.244.0.2:8080")));

        var change = model.Apply(Data.Snapshot(Data.With(Data.Service("large", "10.96.0.11"), [.. Enumerable.Range(0, 1000).Select(i => Data.Endpoint($"10.244.{i / 250}.{i % 250}"))])));

        Assert.True(model.IsLarge);
        Assert.Contains((IptablesTable.Nat, KubeChains.Endpoint("default/web:http", IpProtocol.Tcp, Data.At("10.244.0.2", 8080))), change.Written);
        Assert.DoesNotContain(model.ToListing().Chains(IptablesTable.Nat), chain => chain.Value.Exists(rule => rule.ToString().Contains(" -> ")));
        Assert.Contains(model.ToListing().Chains(IptablesTable.Nat)[KubeChains.Services], rule => rule.ToString().Contains("default/web:http cluster IP"));
    }

    internal static IptablesSettings Settings(IpFamily family, bool knowsPods = true, bool masqueradeAll = false, bool localhost = false) => new(
        new()
        {
            Family = family,
            Pods = !knowsPods ? LocalTraffic.Unknown : new() { Source = IpPrefix.Parse(family == IpFamily.V4 ? "10.244.0.0/16" : "fd44::/16") },
            MasqueradeAll = masqueradeAll,
        },
        localhost);

    private static void Histories(Action<int[]> check) =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<int[]>().ToArbitrary(), check).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(60).WithStartSize(1).WithEndSize(40));

    private static string[] Lines(IptablesListing listing) =>
        [.. listing.Tables.SelectMany(table => table.Value.SelectMany(chain => chain.Value.Select(rule => $"{table.Key} {chain.Key} {rule}").Prepend($"{table.Key} {chain.Key}"))).Order(StringComparer.Ordinal)];

    private static string Text(IEnumerable<PacketOutcome> outcomes) => string.Join(", ", outcomes.Select(outcome => outcome.ToString()).Order(StringComparer.Ordinal));
}
