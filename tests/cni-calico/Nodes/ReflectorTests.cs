using System.Text.Json.Nodes;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Redundant reflectors that also peer with a gateway (Debian's bird), the fields of a BGPPeer as the gateway sees them, and packets all the while.</summary>
public class ReflectorTests(ReflectorNetwork shared) : IClassFixture<ReflectorNetwork>
{
    [Fact]
    public async Task Reflectors_OneKilledAndBack_PodsGoOnWithoutALostConnection_AndNothingGoesRound()
    {
        var network = await shared.GetAsync();
        var (one, two) = (shared.Pods[2], shared.Pods[3]);
        await CalicoNetwork.AssertReachesAsync(one, two);
        await CalicoNetwork.AssertReachesAsync(shared.Pods[0], two);

        // Sessions of two: one with each reflector; the way is there from both, and each has kept it as the other's client has told it.
        Assert.Equal(["10.89.0.11", "10.89.0.12"], Neighbors(network[3]).Select(static neighbor => (string)neighbor["address"]!).Order());
        var block = new IpPrefix(two.Address, 26).Masked;
        await CalicoNetwork.UntilAsync("two paths", () => Paths(network[3], block) is [{ } first, { } second] && (string)first["originatorId"]! == "10.89.0.14" && (string)second["originatorId"]! == "10.89.0.14" ? null : network[3].Ask($"routes {block}"));
        Assert.All(Paths(network[3], block), static path => Assert.Equal("10.89.255.1", (string)Assert.Single(path["clusterList"]!.AsArray())!));

        using var answers = new Greeter(two.Namespace, "pod4");
        using var outside = new Greeter(shared.Gateway.Client, "server");
        using var within = new SteadyTraffic(one.Namespace, two.Address, Greeter.Port);
        using var inbound = new SteadyTraffic(shared.Gateway.Client, two.Address, Greeter.Port);
        foreach (var number in (int[])[1, 2])
        {
            await network[number].KillAsync();
            await CalicoNetwork.UntilAsync("the others have noticed", () => State(network[3], number) == "Established" ? "established" : null);

            // A pod that comes while there is one reflector is reached through it.
            var late = (await network[4].PodAsync($"late{number}")).Attach();
            await CalicoNetwork.AssertReachesAsync(one, late);
            Assert.Equal(0, network[4].Call("DEL", late).Code);
            network[number].Start();
            await CalicoNetwork.UntilAsync("back", () => State(network[3], number) == "Established" && State(network[4], number) == "Established" ? null : network[number].Log);
        }

        await CalicoNetwork.UntilAsync("two paths again", () => Paths(network[3], block).Length == 2 ? null : network[3].Ask($"routes {block}"));
        within.AssertUnbroken();
        inbound.AssertUnbroken();

        // Nobody has a route back to itself, and no path went through a reflector twice.
        for (var number = 1; number <= 4; number++)
        {
            var own = new IpPrefix(shared.Pods[number - 1].Address, 26).Masked;
            Assert.Contains($"blackhole {own} proto 81", network[number].Ip("route"), StringComparison.Ordinal);
            Assert.DoesNotContain($"{own} via", network[number].Ip("route"), StringComparison.Ordinal);
            Assert.All(JsonNode.Parse(network[number].Ask("routes"))!["routes"]!.AsArray().SelectMany(static route => route!["paths"]!.AsArray()), static path => Assert.True(path!["clusterList"]!.AsArray().Count <= 1));
        }
    }

    private static JsonObject[] Neighbors(CalicoNode node) => [.. JsonNode.Parse(node.Ask("neighbors"))!["neighbors"]!.AsArray().Select(static neighbor => neighbor!.AsObject())];

    private static string State(CalicoNode node, int other) => (string?)Neighbors(node).FirstOrDefault(neighbor => (string)neighbor["address"]! == $"10.89.0.1{other}")?["state"] ?? "none";

    private static JsonObject[] Paths(CalicoNode node, IpPrefix prefix) =>
        JsonNode.Parse(node.Ask($"routes {prefix}"))!["routes"]!.AsArray() is [{ } route] ? [.. route["paths"]!.AsArray().Select(static path => path!.AsObject())] : [];
}
