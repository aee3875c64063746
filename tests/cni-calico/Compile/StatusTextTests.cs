using Podwire.CniCalico.Agent.Compile;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Compile;

/// <summary>What objects' status says, and that all nodes say the same.</summary>
public class StatusTextTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Accepted_IsWrittenForWhatIsWrong_AndMendedAfterIt_AndNeverElse()
    {
        var pool = new IpPool { Metadata = { Name = "a", Generation = 3 } };
        Assert.False(StatusText.SetAccepted(pool, null, Noon));
        Assert.Null(pool.Status);
        Assert.True(StatusText.SetAccepted(pool, "it overlaps", Noon));
        Assert.False(StatusText.SetAccepted(pool, "it overlaps", Noon.AddHours(1)));
        var condition = Assert.Single(pool.Status!.Conditions);
        Assert.Equal(("Accepted", "False", "it overlaps", 3L, Noon), (condition.Type, condition.Status, condition.Message, condition.ObservedGeneration, condition.LastTransitionTime));
        pool.Metadata.Generation = 4;
        Assert.True(StatusText.SetAccepted(pool, "it overlaps", Noon.AddHours(1)));
        Assert.Equal(Noon, condition.LastTransitionTime);
        Assert.True(StatusText.SetAccepted(pool, null, Noon.AddHours(2)));
        Assert.False(StatusText.SetAccepted(pool, null, Noon.AddHours(3)));
        Assert.Equal(("True", string.Empty, Noon.AddHours(2)), (condition.Status, condition.Message, condition.LastTransitionTime));
    }

    [Fact]
    public void Sessions_OfFiftyNodes_AreTenByName_AndGoWithTheirNodes()
    {
        var peer = new BgpPeer { Metadata = { Name = "tor" } };
        for (var number = 10; number < 60; number++)
        {
            Assert.Equal(number < 20, Set(peer, $"node{number}", [Missed("10.0.0.1")]));
        }

        var condition = Assert.Single(peer.Status!.Conditions);
        Assert.Equal(("Established", "False", 10), (condition.Type, condition.Status, peer.Status.Sessions.Count));
        Assert.Equal("node10 has no session with 10.0.0.1: no answer; node11 has no session with 10.0.0.1: no answer; node12 has no session with 10.0.0.1: no answer; and 7 more", condition.Message);

        // Whoever is mended makes room for one that had none; what nodes that are no more told is dropped by any.
        Assert.True(Set(peer, "node10", []));
        Assert.True(Set(peer, "node40", [Missed("10.0.0.1")]));
        Assert.False(Set(peer, "node41", [Missed("10.0.0.1")]));
        Assert.True(StatusText.SetSessions(peer, "node90", [], static name => name == "node40", Noon));
        Assert.Equal("node40", Assert.Single(peer.Status.Sessions).Node);
        Assert.True(Set(peer, "node40", []));
        Assert.Equal(("True", 0), (condition.Status, peer.Status.Sessions.Count));
        Assert.False(Set(peer, "node40", []));
        Assert.False(Set(new BgpPeer(), "node40", []));
    }

    [Fact]
    public void Judgement_IsTheSameOnEveryNode_AndNamesEachKind()
    {
        var configuration = new BgpConfiguration { Metadata = { Name = "node.b" }, Spec = { PrefixAdvertisements = [new BgpAdvertisement { Cidr = "10.0.0.0/8", Communities = ["nowhere"] }], ServiceClusterIPs = [new BgpCidr { Cidr = "x" }] } };
        var snapshot = new CalicoSnapshot
        {
            Self = new NodeRecord { Name = "a", V4 = IpPrefix.Parse("10.0.0.1/24") },
            Peers =
            [
                new BgpPeer { Metadata = { Name = "nobodys" }, Spec = { Node = "c", PeerIP = "10.0.0.9" } },
                new BgpPeer { Metadata = { Name = "selector" }, Spec = { NodeSelector = "a ==" } },
                new BgpPeer { Metadata = { Name = "keyless" }, Spec = { Node = "c", PeerIP = "10.0.0.9", AsNumber = 1, Password = new BgpPassword { SecretKeyRef = new BgpSecretKey { Name = "s", Key = "k" } }, Filters = ["none"], ReachableBy = "fd00::1" } },
                new BgpPeer { Metadata = { Name = "good" }, Spec = { PeerIP = "10.0.0.8:1179", AsNumber = 1 } },
            ],
            Filters = new Dictionary<string, BgpFilter> { ["f"] = new() { Metadata = { Name = "f" }, Spec = { ImportV6 = [new BgpFilterRule { Action = "Accept", PeerType = "iBGP", Cidr = "fd00::/8" }] } } },
        };
        var found = SpeakerCompiler.Judge(snapshot, [configuration]).Select(static problem => $"{problem.Kind} {problem.Name}: {problem.Text}").Order(StringComparer.Ordinal).ToArray();
        string[] begins =
        [
            "BGPConfiguration node.b: spec.prefixAdvertisements: 'nowhere' is no community", "BGPConfiguration node.b: spec.serviceClusterIPs: 'x' is not a network", "BGPFilter f: rule 1: cidr needs a matchOperator",
            "BGPPeer keyless: spec.filters: there is no BGPFilter none", "BGPPeer keyless: spec.reachableBy: 'fd00::1'", "BGPPeer keyless: the password's Secret s", "BGPPeer nobodys: spec.asNumber is missing", "BGPPeer selector: selector",
        ];
        Assert.Equal(begins.Length, found.Length);
        Assert.All(begins.Zip(found), static pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.Equal(SpeakerCompiler.Judge(snapshot, [configuration]), SpeakerCompiler.Judge(snapshot with { Self = new NodeRecord { Name = "c", V4 = IpPrefix.Parse("10.0.0.9/24"), Asn = 7 } }, [configuration]));
    }

    private static bool Set(BgpPeer peer, string node, IEnumerable<SessionFailure> missed) => StatusText.SetSessions(peer, node, missed, static _ => true, Noon);

    private static SessionFailure Missed(string address) => new("tor", IpAddress.Parse(address), "no answer");
}
