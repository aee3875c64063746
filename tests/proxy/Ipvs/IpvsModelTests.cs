using FsCheck;
using FsCheck.Fluent;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Proxy.State;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset.Ipvs;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Ipvs;

/// <summary>Random histories: what IPVS, the sets and the chains do is what the API says, and what a history leaves is what a first compilation makes.</summary>
public sealed class IpvsModelTests
{
    [Theory]
    [InlineData(IpFamily.V4, true, false)]
    [InlineData(IpFamily.V6, true, false)]
    [InlineData(IpFamily.V4, false, false)]
    [InlineData(IpFamily.V4, true, true)]
    public void Apply_AnyHistory_DoesWithPacketsWhatTheApiSays(IpFamily family, bool knowsPods, bool masqueradeAll) => Histories(history =>
    {
        var settings = Settings(family, knowsPods, masqueradeAll);
        var cluster = new RandomCluster();
        var model = new IpvsModel(settings);
        foreach (var number in history)
        {
            _ = model.Apply(cluster.Change(number));
        }

        var reading = new DirectReading(cluster.Services, Node, settings.Common, RandomCluster.LocalAddresses);
        var interpreter = new IpvsInterpreter(model, RandomCluster.LocalAddresses);
        foreach (var packet in RandomCluster.Packets(family))
        {
            var expected = Deviate(cluster.Services, family, packet, reading.Outcomes(packet));
            if (expected is not null)
            {
                var actual = interpreter.Outcomes(packet);
                Assert.True(actual.SetEquals(expected), $"{packet}: is {Text(actual)}, should be {Text(expected)}");
            }
        }
    });

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Apply_AnyHistory_ItsChangesLeadToWhatAFirstCompilationMakes(IpFamily family) => Histories(history =>
    {
        var cluster = new RandomCluster();
        var model = new IpvsModel(Settings(family, true, false));
        var services = new Dictionary<IpvsServiceKey, IpvsService>();
        var addresses = new HashSet<IpAddress>();
        var entries = new HashSet<IpvsSetEntry>();
        foreach (var number in history)
        {
            var change = model.Apply(cluster.Change(number));
            foreach (var (before, after) in change.Services)
            {
                var key = (after ?? before)!.Key;
                Assert.Equal(before, services.GetValueOrDefault(key));
                Assert.NotEqual(before, after);
                services.Remove(key);
                if (after is not null)
                {
                    services[key] = after;
                }
            }

            Assert.All(change.AddressesAdded, address => Assert.True(addresses.Add(address)));
            Assert.All(change.AddressesRemoved, address => Assert.True(addresses.Remove(address)));
            Assert.All(change.EntriesAdded, entry => Assert.True(entries.Add(entry)));
            Assert.All(change.EntriesRemoved, entry => Assert.True(entries.Remove(entry)));
        }

        var first = new IpvsModel(model.Settings);
        _ = first.Apply(new(Node, cluster.Services.ToDictionary(state => state.Service.Key, state => (ServiceState?)state)));
        Assert.Equal(IpvsText.Write(first.Services), IpvsText.Write(services.Values));
        Assert.Equal(first.Addresses.Order(), addresses.Order());
        Assert.Equal(first.Entries.ToHashSet(), entries);
        Assert.Equal(first.DeniedToNode, model.DeniedToNode);
        Assert.True(IpvsDiff.Between(services.Values, addresses, entries, model, []).IsEmpty);
        var without = IpvsDiff.Between([], [], [], model, []);
        Assert.Equal((services.Count, addresses.Count, entries.Count), (without.Services.Count, without.AddressesAdded.Count, without.EntriesAdded.Count));
    });

    [Fact]
    public void Apply_OneEndpointExchanged_IsOneServiceAndNothingElse()
    {
        var model = new IpvsModel(Settings(IpFamily.V4, true, false));
        var services = Enumerable.Range(0, 500).Select(i => With(Service($"s{i}", $"10.96.{i / 250}.{(i % 250) + 1}"), Endpoint("10.244.7.2", "node7"), Endpoint("10.244.7.3", "node7"))).ToArray();
        _ = model.Apply(Snapshot(services));

        var change = model.Apply(Snapshot(With(services[40].Service, Endpoint("10.244.7.2", "node7"), Endpoint("10.244.7.4", "node7"))));

        var (before, after) = Assert.Single(change.Services);
        Assert.True(before!.HasSettingsOf(after!));
        Assert.Equal("10.244.7.2:8080 10.244.7.4:8080", string.Join(' ', after!.Destinations.ToArray()));
        Assert.Equal((0, 0, 0, 0), (change.AddressesAdded.Count, change.AddressesRemoved.Count, change.EntriesAdded.Count, change.EntriesRemoved.Count));
    }

    [Fact]
    public void Between_DrainingDestinationsAndExcludedServices_AreAsTheyShouldBe()
    {
        var model = new IpvsModel(Settings(IpFamily.V4, true, false));
        _ = model.Apply(Snapshot(With(Service(), Endpoint("10.244.0.2"))));
        var desired = Assert.Single(model.Services);
        var draining = desired with { Destinations = [.. desired.Destinations, new IpvsDestination(Ip("10.244.0.9"), 8080, 0)] };
        var foreign = new IpvsService { Key = new(IpProtocol.Tcp, Ip("10.9.0.1"), 80) };

        Assert.True(IpvsDiff.Between([draining, foreign], model.Addresses, model.Entries, model, [IpPrefix.Parse("10.9.0.0/16")]).IsEmpty);
        Assert.Null(Assert.Single(IpvsDiff.Between([draining, foreign], model.Addresses, model.Entries, model, []).Services).After);
        var weightless = desired with { Destinations = [new IpvsDestination(Ip("10.244.0.2"), 8080, 0)] };
        Assert.Equal(desired, Assert.Single(IpvsDiff.Between([weightless], model.Addresses, model.Entries, model, []).Services).After);
    }

    [Fact]
    public void Settings_OtherNodeAddresses_MoveTheNodePorts()
    {
        var model = new IpvsModel(Settings(IpFamily.V4, true, false));
        _ = model.Apply(Snapshot(With(Service() with { Ports = [new("http", IpProtocol.Tcp, 80, 30080)], ExternalIps = [Ip("192.168.7.9")] }, Endpoint("10.244.0.2"))));
        Assert.Contains(Ip("192.168.7.9"), model.Addresses);

        var moved = model.With(model.Settings with { NodeAddresses = [Ip("192.168.7.9")] }, Node);

        Assert.Equal(["192.168.7.9:30080", "192.168.7.9:80"], moved.Services.Where(service => service.Key.Address == Ip("192.168.7.9")).Select(service => IpvsText.Of(service.Key.Address, service.Key.Port)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(Ip("192.168.7.9"), moved.Addresses);
    }

    /// <summary>What the API says, as IPVS can do it; null where it cannot. docs/proxy.md lists these.</summary>
    private static HashSet<PacketOutcome>? Deviate(IReadOnlyCollection<ServiceState> services, IpFamily family, TestPacket packet, HashSet<PacketOutcome> expected)
    {
        // IPVS does not see who asks: under externalTrafficPolicy Local all clients have the endpoints of this node, and all endpoints where it has none.
        var isExternalLocal = services.Any(state => state.Service.ExternalLocal && state.Service.Has(family) && state.Service.Ports.Any(port =>
            (port.Port == packet.Port && (state.Service.ExternalIps.Contains(packet.Destination) || state.Service.LoadBalancerIps.Contains(packet.Destination))) || port.NodePort == packet.Port));
        if (isExternalLocal)
        {
            return null;
        }

        // A service without destinations refuses, also where a Local policy would have it drop.
        var guarded = services.Any(state => state.Service.LoadBalancerIps.Contains(packet.Destination) && state.Service.SourceRanges.Length > 0);
        if (expected.SetEquals([PacketOutcome.Dropped]) && !guarded)
        {
            return [PacketOutcome.Refused];
        }

        // Unused ports of external addresses are refused like those of cluster IPs.
        var isBound = services.Any(state => state.Service.Ports.Length > 0 && state.Service.Has(family) && (state.Service.ExternalIps.Contains(packet.Destination) || state.Service.LoadBalancerIps.Contains(packet.Destination)));
        if (isBound && expected.SetEquals([PacketOutcome.To(new(packet.Destination, packet.Port), false)]))
        {
            return null;
        }

        return expected;
    }

    internal static IpvsSettings Settings(IpFamily family, bool knowsPods, bool masqueradeAll) => new(
        new()
        {
            Family = family,
            Pods = knowsPods ? new() { Source = IpPrefix.Parse(family == IpFamily.V4 ? "10.244.0.0/16" : "fd44::/16") } : LocalTraffic.Unknown,
            MasqueradeAll = masqueradeAll,
        },
        IpvsSchedulers.Default,
        [.. RandomCluster.LocalAddresses.Where(address => address.Family == family && !address.IsLoopback).Order()]);

    private static void Histories(Action<int[]> check) =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<int[]>().ToArbitrary(), check).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(60).WithStartSize(1).WithEndSize(40));

    private static string Text(HashSet<PacketOutcome> outcomes) => string.Join(", ", outcomes.Select(outcome => outcome.ToString()).Order());
}
