using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>Random histories: whatever happened in between, in the end every client has what a slow reading of the rules says.</summary>
public sealed class RandomNetworkTests
{
    public static TheoryData<int, bool> Seeds
    {
        get
        {
            var data = new TheoryData<int, bool>();
            foreach (var seed in Enumerable.Range(1, 40))
            {
                data.Add(seed, seed % 4 == 0);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Reflector_AfterARandomHistory_HasToldEveryClientTheTruth(int seed, bool addPath)
    {
        var random = new Random(seed);
        var network = new TestNetwork { Chunk = random.Next(3) == 0 ? random.Next(1, 200) : int.MaxValue };
        var hub = network.Add("10.9.0.1");
        var leaves = new List<TestSpeaker?>();
        var own = new List<HashSet<IpPrefix>>();
        var mode = addPath ? AddPathMode.Both : AddPathMode.None;
        for (var i = 0; i < 5; i++)
        {
            leaves.Add(null);
            own.Add([]);
            hub.Speaker.Add(new NeighborConfig { Address = IpAddress.Parse($"10.9.1.{i + 1}"), Asn = 64512, IsClient = true, IsPassive = true, AddPath = mode, RestartSeconds = seed % 3 == 0 ? 30 : 0 }, network.Now);
        }

        for (var step = 0; step < 300; step++)
        {
            var at = random.Next(leaves.Count);
            switch (random.Next(12))
            {
                case 0 when leaves[at] is { } victim:
                    victim.Kill();
                    (leaves[at], own[at]) = (null, []);
                    break;
                case 0 or 1 when leaves[at] is null:
                    leaves[at] = network.Add($"10.9.1.{at + 1}");
                    leaves[at]!.Peer(hub, agreed => agreed with { AddPath = mode, ConnectRetryMilliseconds = 1000, RestartSeconds = 0 });
                    break;
                case 2 when leaves[at] is { } stalled:
                    stalled.IsStalled = !stalled.IsStalled;
                    break;
                case 3:
                    network.Now += random.Next(500);
                    break;
                case 4:
                    network.Settle();
                    break;
                case 5 when leaves[at] is { } refreshed && refreshed.Of(hub).Session is { } session && !refreshed.IsStalled:
                    refreshed.Speaker.Change(refreshed.Of(hub), refreshed.Of(hub).Config with { Import = new Podwire.Bgp.Policy.RoutePolicy([], Podwire.Bgp.Policy.RouteAction.Accept) }, network.Now);
                    break;
                default:
                    if (leaves[at] is { } leaf)
                    {
                        var prefix = IpPrefix.Parse($"10.1.{random.Next(40)}.0/24");
                        if (own[at].Remove(prefix))
                        {
                            leaf.Speaker.Withdraw(prefix);
                        }
                        else
                        {
                            own[at].Add(prefix);
                            leaf.Speaker.Originate(prefix, med: (uint)random.Next(3));
                        }
                    }

                    break;
            }

            if (random.Next(4) == 0)
            {
                foreach (var speaker in leaves.Append(hub).OfType<TestSpeaker>())
                {
                    speaker.Step();
                }
            }
        }

        foreach (var leaf in leaves.OfType<TestSpeaker>())
        {
            leaf.IsStalled = false;
        }

        network.Pass(TimeSpan.FromSeconds(60));
        for (var at = 0; at < leaves.Count; at++)
        {
            if (leaves[at] is { } leaf)
            {
                Assert.Equal(SessionState.Established, leaf.Of(hub).State);
                Assert.Equal(Expected(at, leaves, own, addPath), leaf.Speaker.AllRoutes(IpFamily.V4).SelectMany(entry => entry.Routes.Where(route => !route.From.IsNone).Select(route => $"{entry.Prefix} {route.Attributes.NextHop}")).Order(StringComparer.Ordinal));
            }
        }

        Assert.True(hub.Speaker.AttributeCount <= 5 * 3 + 1, $"{hub.Speaker.AttributeCount} sets of attributes");
    }

    /// <summary>What the reflector tells a client: of each prefix all other clients' paths, or the best one unless it is the client's own.</summary>
    private static IEnumerable<string> Expected(int at, List<TestSpeaker?> leaves, List<HashSet<IpPrefix>> own, bool addPath)
    {
        var lines = new List<string>();
        foreach (var prefix in own.SelectMany(set => set).Distinct())
        {
            var holders = Enumerable.Range(0, leaves.Count).Where(index => leaves[index] is not null && own[index].Contains(prefix))
                .OrderBy(index => leaves[index]!.Speaker.Routes(prefix).First(route => route.From.IsNone).Attributes.Med ?? 0).ThenBy(index => index).ToArray();
            lines.AddRange((addPath ? holders : holders.Take(1)).Where(index => index != at).Select(index => $"{prefix} 10.9.1.{index + 1}"));
        }

        return lines.Order(StringComparer.Ordinal);
    }
}
