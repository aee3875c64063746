using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Netlink.Namespaces;
using Podwire.NetPolicy.Apply.Iptables;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.Compile.Iptables;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Tests.Model;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Compile;

/// <summary>The model in the terms of iptables: what the chains do is what the API says, and names, texts and prefixes are what iptables and ipset take.</summary>
public sealed class IptablesCompilerTests
{
    private static readonly TableSettings Settings = new(HasVersionedNames: true);

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Whole_AnyHistory_DoesWithPacketsOfBothDirectionsWhatTheApiSays(IpFamily family) => Prop.ForAll(
        Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary(),
        history =>
        {
            var cluster = new RandomCluster();
            var model = new PolicyModel(RandomCluster.Node, Settings);
            foreach (var number in history)
            {
                _ = model.Apply(cluster.Change(number));
            }

            var schema = TableSchema.Of(family);
            var interpreter = new IptablesInterpreter(new IptablesCompiler(schema, Settings).Whole(model));
            foreach (var packet in RandomCluster.Packets(family, history.Length))
            {
                var expected = cluster.Reading.IsAccepted(packet);
                foreach (var isReply in (bool[])[false, true])
                {
                    Assert.True(interpreter.IsAccepted(packet, isReply) == expected, $"{packet}{(isReply ? ", reply" : string.Empty)}: should be {(expected ? "accepted" : "dropped")}");
                }
            }
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(100).WithStartSize(1).WithEndSize(60));

    [Fact]
    public void Apply_AnyHistory_LeavesInTheKernelWhatAFirstCompilationMakes()
    {
        Assert.SkipUnless(Environment.UserName == "root", "lacks: root");
        ScratchNamespace.Run(static () =>
        {
            using var kernel = PolicyKernel.Open();
            using var tables = new IptablesTables(kernel, false, NullLogger.Instance);
            var cluster = new RandomCluster();
            var model = new PolicyModel(RandomCluster.Node, Settings);
            tables.Repair(model);
            Assert.Equal(string.Empty, tables.Plan(model));
            var random = new Random(7);
            for (var i = 0; i < 60; i++)
            {
                tables.Apply(model, model.Apply(cluster.Change(random.Next(1_000_000))));
                if (i % 3 == 0)
                {
                    var first = new PolicyModel(RandomCluster.Node, Settings);
                    first.Absorb(cluster.Everything);
                    Assert.Equal(string.Empty, string.Join('\n', tables.Plan(first).Split('\n').Where(static line => !line.StartsWith("destroy", StringComparison.Ordinal) && !line.StartsWith('#') && line.Length > 0)));
                }
            }

            tables.Remove();
            Assert.False(tables.IsPresent());
            return true;
        });
    }

    [Fact]
    public void Chains_OfAPodWithAPolicy_AreTheseTexts()
    {
        var model = new PolicyModel("here", Settings);
        var snapshot = new PolicySnapshot();
        snapshot.Pods[new("x", "web")] = new() { Key = new("x", "web"), Node = "here", Labels = LabelSet.Of([new("app", "web")]), Addresses = [IpAddress.Parse("10.0.0.1")] };
        snapshot.Pods[new("x", "api")] = new() { Key = new("x", "api"), Node = "there", Labels = LabelSet.Of([new("app", "api")]), Addresses = [IpAddress.Parse("10.0.0.2")] };
        snapshot.Policies[new("x", "p")] = new()
        {
            Id = new("x", "p"),
            Subject = new("x", null, LabelQuery.Parse("app=web")),
            HasIngress = true,
            Ingress =
            [
                new() { Peers = [PeerRecord.Of(new PeerSelector("x", null, LabelQuery.Parse("app=api")))], Ports = [PortMatch.Range(IpProtocol.Tcp, 80, 90)] },
                new() { Peers = [PeerRecord.Of(new IpBlock(IpPrefix.Parse("0.0.0.0/0"), [IpPrefix.Parse("0.0.0.0/1")]))] },
            ],
        };
        model.Absorb(snapshot);

        var plan = new IptablesCompiler(TableSchema.V4, Settings).Whole(model);

        var (pod, slot) = (IpAddress.Parse("10.0.0.1"), model.SlotAt(IpAddress.Parse("10.0.0.1"))!);
        Assert.Equal(
            [
                "-m set --match-set KUBE-NWPLCY4-PENDING src -j KUBE-NWPLCY-DENY",
                "-m set --match-set KUBE-NWPLCY4-PENDING dst -j KUBE-NWPLCY-DENY",
                $"-s 10.0.0.1/32 -m comment --comment \"x/web\" -j {IptablesNames.Pod(pod)}",
                $"-d 10.0.0.1/32 -m comment --comment \"x/web\" -j {IptablesNames.Pod(pod)}",
            ],
            plan.Chains[IptablesNames.Root]);
        Assert.Equal(
            [
                "-d 10.0.0.1/32 -m conntrack --ctstate INVALID,UNTRACKED -j KUBE-NWPLCY-DENY",
                "-s 10.0.0.1/32 -d 10.0.0.1/32 -j RETURN",
                $"-d 10.0.0.1/32 -m conntrack --ctdir ORIGINAL -j {IptablesNames.Class(slot.Ingress!, false)}",
                $"-s 10.0.0.1/32 -m conntrack --ctdir REPLY -j {IptablesNames.Class(slot.Ingress!, true)}",
            ],
            plan.Chains[IptablesNames.Pod(pod)]);
        var sets = model.ToTable(TableSchema.V4).Sets;
        var blocks = IptablesNames.Set(IpFamily.V4, sets.Single(static set => set.IsInterval).Name);
        var peers = IptablesNames.Set(IpFamily.V4, sets.Single(static set => set.Name.StartsWith("peers-", StringComparison.Ordinal)).Name);
        Assert.Equal(
            [
                $"-m set --match-set {blocks} dst -j RETURN",
                $"-p tcp -m conntrack --ctreplsrcport 80:90 -m set --match-set {peers} dst -j RETURN",
                "-m comment --comment \"x/p\" -j KUBE-NWPLCY-DENY",
            ],
            plan.Chains[IptablesNames.Class(slot.Ingress!, true)]);
        Assert.Equal("10.0.0.2", Assert.Single(plan.Sets[peers].Entries).ToString());
        Assert.Equal("128.0.0.0/1", Assert.Single(plan.Sets[blocks].Entries).ToString());
        Assert.All(plan.Chains.Keys, static name => Assert.True(name.Length <= 28, name));
        Assert.All(plan.Sets.Keys, static name => Assert.True(name.Length <= 31, name));
    }

    [Theory]
    [InlineData("0.0.0.0", "255.255.255.255", "0.0.0.0/1 128.0.0.0/1")]
    [InlineData("10.0.0.1", "10.0.0.1", "10.0.0.1/32")]
    [InlineData("10.0.0.1", "10.0.0.6", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32")]
    [InlineData("fd00::", "fd00::ffff:ffff:ffff:ffff", "fd00::/64")]
    [InlineData("255.255.255.254", "255.255.255.255", "255.255.255.254/31")]
    public void Prefixes_OfARange_AreTheFewest(string first, string last, string expected) =>
        Assert.Equal(expected, string.Join(' ', IptablesCompiler.Prefixes(IpAddress.Parse(first), IpAddress.Parse(last))));
}
