using FsCheck;
using FsCheck.Fluent;
using Podwire.NetPolicy.Compile;
using Podwire.Kube;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Tests.Model;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Tests.Compile;

/// <summary>Random clusters and histories: what the rules do is what the API says, and what a history leaves is what a first compilation makes.</summary>
public sealed class PolicyModelTests
{
    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Apply_AnyHistory_DoesWithPacketsWhatTheApiSays(IpFamily family) => Histories(1000, history =>
    {
        var cluster = new RandomCluster();
        var model = new PolicyModel(RandomCluster.Node, new());
        foreach (var number in history)
        {
            _ = model.Apply(cluster.Change(number));
        }

        Check(cluster, model, family, history.Length);
    });

    [Fact]
    public void Apply_AnyHistory_LeavesInTheKernelWhatAFirstCompilationMakes() => Histories(400, history =>
    {
        var cluster = new RandomCluster();
        var model = new PolicyModel(RandomCluster.Node, new());
        var kernel = new FakeNft();
        foreach (var schema in TableSchema.All)
        {
            kernel.Apply(RulesetDiff.Between(null, model.ToTable(schema)));
        }

        foreach (var number in history)
        {
            kernel.Apply(model.Apply(cluster.Change(number)).ToBatch());
            var first = new PolicyModel(RandomCluster.Node, new());
            first.Absorb(cluster.Everything);
            foreach (var schema in TableSchema.All)
            {
                var expected = NftText.Write(first.ToTable(schema));
                Assert.Equal(expected, NftText.Write(kernel.ReadTable(schema.Id)!));
                Assert.Equal(expected, NftText.Write(model.ToTable(schema)));
            }
        }
    });

    [Fact]
    public void Apply_WholeClusterAtOnce_IsTheSameAsAbsorbingIt() => Histories(100, history =>
    {
        var cluster = new RandomCluster();
        foreach (var number in history)
        {
            cluster.Change(number);
        }

        var (told, absorbed) = (new PolicyModel(RandomCluster.Node, new()), new PolicyModel(RandomCluster.Node, new()));
        var kernel = new FakeNft();
        foreach (var schema in TableSchema.All)
        {
            kernel.Apply(RulesetDiff.Between(null, told.ToTable(schema)));
        }

        kernel.Apply(told.Apply(cluster.Everything).ToBatch());
        absorbed.Absorb(cluster.Everything);
        foreach (var schema in TableSchema.All)
        {
            Assert.Equal(NftText.Write(absorbed.ToTable(schema)), NftText.Write(kernel.ReadTable(schema.Id)!));
        }
    });

    [Fact]
    public void Apply_PolicyGoesWhileAPeersPortGetsAnotherNumber_LeavesNothingOfIt()
    {
        var id = new PolicyId(string.Empty, "deny-web");
        var model = new PolicyModel(RandomCluster.Node, new());
        var kernel = new FakeNft();
        foreach (var schema in TableSchema.All)
        {
            kernel.Apply(RulesetDiff.Between(null, model.ToTable(schema)));
        }

        kernel.Apply(model.Apply(new PolicySnapshot
        {
            IsEverything = true,
            Namespaces = { ["shop"] = LabelSet.Of([]) },
            Pods = { [new("shop", "client")] = Pod("client", RandomCluster.Node, "10.0.0.1", 80), [new("shop", "server")] = Pod("server", "elsewhere", "10.0.0.2", 80) },
            Policies =
            {
                [id] = new()
                {
                    Id = id, Tier = PolicyTier.Admin, Subject = PeerSelector.AllPods, HasEgress = true,
                    Egress = [new() { Action = RuleAction.Deny, Peers = [PeerRecord.Of(PeerSelector.AllPods)], Ports = [PortMatch.Named(IpProtocol.Tcp, "web")] }],
                },
            },
        }).ToBatch());
        Assert.Contains("10.0.0.2", NftText.Write(kernel.ReadTable(TableSchema.Of(IpFamily.V4).Id)!), StringComparison.Ordinal);
        kernel.Apply(model.Apply(new PolicySnapshot { Pods = { [new("shop", "server")] = Pod("server", "elsewhere", "10.0.0.2", 8080) }, Policies = { [id] = null } }).ToBatch());
        Assert.DoesNotContain("10.0.0.2", NftText.Write(kernel.ReadTable(TableSchema.Of(IpFamily.V4).Id)!), StringComparison.Ordinal);

        static PodRecord Pod(string name, string node, string address, ushort port) => new()
        {
            Key = new("shop", name), Uid = name, Node = node, Labels = LabelSet.Of([]), Addresses = [IpAddress.Parse(address)], NamedPorts = [new("web", IpProtocol.Tcp, port)], Created = DateTimeOffset.UnixEpoch,
        };
    }

    [Fact]
    public void Apply_APeerThatManyPoliciesSelect_IsOneElement()
    {
        var model = new PolicyModel(RandomCluster.Node, new());
        var everything = new PolicySnapshot { IsEverything = true, Namespaces = { ["shop"] = LabelSet.Of([]) } };
        for (var i = 0; i < 20; i++)
        {
            everything.Pods[new("shop", $"server{i}")] = Labelled($"server{i}", RandomCluster.Node, $"10.0.0.{i + 1}", ("app", $"a{i}"));
            everything.Policies[new("shop", $"p{i}")] = new()
            {
                Id = new("shop", $"p{i}"), Subject = new("shop", null, LabelQuery.Parse($"app=a{i}")), HasIngress = true,
                Ingress = [new() { Peers = [PeerRecord.Of(new PeerSelector("shop", null, LabelQuery.Parse("role=client"))), PeerRecord.Of(new IpBlock(IpPrefix.Parse("192.0.2.0/24"), []))], Ports = [PortMatch.Range(IpProtocol.Tcp, 80, (ushort)(80 + i))] }],
            };
        }

        model.Absorb(everything);
        var table = model.ToTable(TableSchema.V4);
        Assert.Equal(20, model.ClassCount);
        Assert.Single(table.Sets, static set => set.Name.StartsWith("peers-", StringComparison.Ordinal));
        Assert.Single(table.Sets, static set => set.Name.StartsWith("blocks-", StringComparison.Ordinal));

        var client = new ObjectKey("shop", "client");
        var comes = model.Apply(new PolicySnapshot { Pods = { [client] = Labelled("client", "elsewhere", "10.0.1.1", ("role", "client")) } }).ToBatch();
        Assert.Equal("10.0.1.1", IpAddress.FromBytes(Assert.IsType<AddElements>(Assert.Single(comes.Operations)).Elements.Span[0].Key.Span).ToString());
        var goes = model.Apply(new PolicySnapshot { Pods = { [client] = Labelled("client", "elsewhere", "10.0.1.1", ("role", "none")) } }).ToBatch();
        Assert.Equal(1, Assert.IsType<DeleteElements>(Assert.Single(goes.Operations)).Elements.Length);

        static PodRecord Labelled(string name, string node, string address, (string Key, string Value) label) => new()
        {
            Key = new("shop", name), Uid = name, Node = node, Labels = LabelSet.Of([new(label.Key, label.Value)]), Addresses = [IpAddress.Parse(address)], Created = DateTimeOffset.UnixEpoch,
        };
    }

    [Theory]
    [InlineData(133, true)]
    [InlineData(134, true)]
    [InlineData(135, true)]
    [InlineData(136, true)]
    [InlineData(137, true)]
    [InlineData(130, true)]
    [InlineData(143, true)]
    [InlineData(128, false)]
    [InlineData(1, false)]
    public void Rules_OfAPodThatDeniesEverything_AcceptMessagesOfTheLinkOnly(ushort type, bool isAccepted)
    {
        var id = new PolicyId("shop", "deny");
        var snapshot = new PolicySnapshot
        {
            IsEverything = true,
            Namespaces = { ["shop"] = LabelSet.Of([]) },
            Pods = { [new("shop", "one")] = new() { Key = new("shop", "one"), Node = RandomCluster.Node, Addresses = [IpAddress.Parse("fd00::1")] } },
            Policies = { [id] = new() { Id = id, Subject = new("shop", null, LabelQuery.Everything), HasIngress = true, HasEgress = true } },
        };
        var packet = new TestPacket(IpAddress.Parse("fd00::2"), IpAddress.Parse("fd00::1"), IpProtocol.IcmpV6, type);
        var (model, versioned) = (new PolicyModel(RandomCluster.Node, new()), new PolicyModel(RandomCluster.Node, new(HasVersionedNames: true)));
        model.Absorb(snapshot);
        versioned.Absorb(snapshot);

        Assert.Equal(isAccepted, new PolicyInterpreter(model.ToTable(TableSchema.V6)).IsAccepted(packet));
        Assert.Equal(isAccepted, new IptablesInterpreter(new NetPolicy.Compile.Iptables.IptablesCompiler(TableSchema.V6, versioned.Settings).Whole(versioned)).IsAccepted(packet, isReply: false));
    }

    internal static void Check(RandomCluster cluster, PolicyModel model, IpFamily family, int part)
    {
        var reading = cluster.Reading;
        var interpreter = new PolicyInterpreter(model.ToTable(TableSchema.Of(family)));
        foreach (var packet in RandomCluster.Packets(family, part))
        {
            var expected = reading.IsAccepted(packet);
            Assert.True(interpreter.IsAccepted(packet) == expected, $"{packet}: should be {(expected ? "accepted" : "dropped")}");
            Assert.True(interpreter.LookUps <= (family == IpFamily.V4 ? 15 : 16), $"{packet}: {interpreter.LookUps} look-ups");
        }
    }

    private static void Histories(int count, Action<int[]> check) =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary(), check).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(count).WithStartSize(1).WithEndSize(60));
}
