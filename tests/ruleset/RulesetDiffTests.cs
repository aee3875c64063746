using Podwire.Primitives;

namespace Podwire.Ruleset.Tests;

public class RulesetDiffTests
{
    [Fact]
    public void Between_EqualTables_IsEmpty() => Assert.True(RulesetDiff.Between(SampleTables.ProxyTable(), SampleTables.ProxyTable()).IsEmpty);

    [Fact]
    public void Between_NothingAndTable_MakesTheTable()
    {
        var kernel = new FakeNft();
        kernel.Apply(RulesetDiff.Between(null, SampleTables.ProxyTable()));
        Assert.Equal(SampleTables.ProxyTable(), kernel.ReadTable(SampleTables.Proxy));
    }

    [Fact]
    public void Between_OneEndpointSwapped_IsOneDeletionAndOneAddition()
    {
        var old = SampleTables.ProxyTable();
        var endpoints = SampleTables.ServiceEndpoints(
            SampleTables.Endpoint("10.96.0.2", 80, 0, "10.244.0.17", 8080, "ns/svc:http"),
            SampleTables.Endpoint("10.96.0.2", 80, 1, "10.244.1.10", 8080, "ns/svc:http"));
        var batch = RulesetDiff.Between(old, Replace(old, endpoints));
        Assert.Collection(
            batch.Operations,
            o => Assert.Equal(1, Assert.IsType<DeleteElements>(o).Elements.Length),
            o => Assert.Equal(endpoints.Elements[1], Assert.IsType<AddElements>(o).Elements.Span[0]));
    }

    [Fact]
    public void Between_OneRuleChanged_RewritesThatChainOnly()
    {
        var old = SampleTables.ProxyTable();
        var chains = old.Chains.Select(c => c.Name == "services" ? c with { Rules = [c.Rules[0]] } : c);
        var batch = RulesetDiff.Between(old, old with { Chains = ValueList.From(chains) });
        Assert.Collection(
            batch.Operations,
            o => Assert.Equal("services", Assert.IsType<FlushChain>(o).Chain),
            o => Assert.Equal("services", Assert.IsType<AddRule>(o).Chain));
    }

    [Fact]
    public void Between_DynamicSet_LeavesItsElementsAlone()
    {
        var desired = SampleTables.ProxyTable();
        var affinity = desired.FindSet("affinity-x")!;
        var actual = Replace(desired, affinity with { Elements = [SetElement.Of(NftScalar.Address(IpAddress.Parse("10.0.0.1")))] });
        Assert.True(RulesetDiff.Between(actual, desired).IsEmpty);
    }

    [Fact]
    public void Between_SetRedeclared_RewritesTheRulesThatUseIt()
    {
        var old = SampleTables.ProxyTable();
        var desired = Replace(old, SampleTables.ServiceIps() with { Counters = false, Elements = old.FindSet("service-ips")!.Elements });
        AssertReaches(old, desired);
    }

    [Fact]
    public void Between_PolicyChanged_IsOneOperation()
    {
        var old = SampleTables.PolicyTable();
        var chains = old.Chains.Select(c => c.Base is null ? c : c with { Base = c.Base with { DropByDefault = true } });
        var desired = old with { Chains = ValueList.From(chains) };
        Assert.IsType<AddChain>(Assert.Single(RulesetDiff.Between(old, desired).Operations));
        AssertReaches(old, desired);
    }

    [Fact]
    public void Between_HookChanged_RecreatesTheChain()
    {
        var old = SampleTables.PolicyTable();
        var chains = old.Chains.Select(c => c.Base is null ? c : c with { Base = c.Base with { Priority = 7 } });
        AssertReaches(old, old with { Chains = ValueList.From(chains) });
    }

    [Fact]
    public void Between_RegularChainBecomesBaseChain_RecreatesTheTable()
    {
        var old = SampleTables.PolicyTable();
        var chains = old.Chains.Select(c => c.Name == "forward" ? c with { Base = null } : c);
        AssertReaches(old with { Chains = ValueList.From(chains) }, old);
    }

    [Fact]
    public void Replacing_WorksWithAndWithoutATable()
    {
        var kernel = new FakeNft();
        kernel.Apply(RulesetDiff.Replacing(SampleTables.PolicyTable()));
        kernel.Apply(RulesetDiff.Replacing(SampleTables.PolicyTable()));
        Assert.Equal(SampleTables.PolicyTable(), kernel.ReadTable(SampleTables.PolicyTable().Id));
        kernel.Apply(RulesetDiff.Removing(SampleTables.PolicyTable().Id));
        Assert.Empty(kernel.Tables);
    }

    /// <summary>Any table can be turned into any other, in one batch that the kernel's rules let through, and again with nothing left to do.</summary>
    [Fact]
    public void Between_RandomTables_Converges()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var kernel = new FakeNft();
            for (var i = 0; i < 6; i++)
            {
                var desired = RandomTable(random);
                try
                {
                    kernel.Apply(RulesetDiff.Between(kernel.ReadTable(desired.Id), desired));
                }
                catch (NftException e)
                {
                    Assert.Fail($"seed {seed}, step {i}: {e.Message}");
                }

                Assert.Equal(desired, kernel.ReadTable(desired.Id));
                Assert.True(RulesetDiff.Between(kernel.ReadTable(desired.Id), desired).IsEmpty);
            }
        }
    }

    private static Table RandomTable(Random random)
    {
        // Chain i may only go to chains above it: no loops.
        var chainCount = random.Next(1, 6);
        string[] chainNames = [.. Enumerable.Range(0, 6).OrderBy(_ => random.Next()).Take(chainCount).Order().Select(i => $"c{i}")];
        var sets = new List<SetObject>();
        for (var i = 0; i < 4; i++)
        {
            if (random.Next(4) == 0)
            {
                continue;
            }

            var elements = new List<SetElement>();
            var isMap = i < 2;
            var isInterval = i % 2 == 1 && random.Next(4) != 0;
            for (uint at = 0; at < 40; at += (uint)random.Next(1, 9))
            {
                var last = isInterval && random.Next(2) == 0 ? at + (uint)random.Next(1, 4) : at;
                elements.Add(new SetElement
                {
                    Key = NftScalar.Address(IpAddress.FromV4(at)),
                    KeyEnd = last == at ? default : NftData.Of(NftScalar.Address(IpAddress.FromV4(last))),
                    Verdict = !isMap ? null : random.Next(2) == 0 ? Verdict.Accept : Verdict.Goto(chainNames[^1]),
                    Comment = random.Next(4) == 0 ? $"n{random.Next(3)}" : null,
                });
                at = last + 1;
            }

            var flags = isInterval ? SetFlags.Interval : SetFlags.None;
            SetObject set = isMap
                ? new NftMap { Name = $"s{i}", Key = [NftType.Ipv4Address], Flags = flags, Elements = ValueList.From(elements) }
                : new NftSet { Name = $"s{i}", Key = [NftType.Ipv4Address], Flags = flags, Elements = ValueList.From(elements) };
            sets.Add(set);
        }

        var chains = new List<Chain>();
        for (var i = 0; i < chainNames.Length; i++)
        {
            var rules = new List<Rule>();
            for (var r = random.Next(4); r > 0; r--)
            {
                var usable = sets.Where(s => s is NftSet || i < chainNames.Length - 1).ToArray();
                rules.Add(random.Next(3) switch
                {
                    0 when i < chainNames.Length - 1 => Rule.Of(VerdictStatement.Jump(chainNames[random.Next(i + 1, chainNames.Length)])),
                    1 when usable.Length > 0 => usable[random.Next(usable.Length)] switch
                    {
                        NftMap map => Rule.Of(new VerdictMapLookup(Payload.IpSaddr, map.Name)),
                        var set => Rule.Of(new SetLookup(Payload.IpSaddr, set.Name), VerdictStatement.Accept),
                    },
                    _ => Rule.Of(new Counter(), VerdictStatement.Return),
                });
            }

            chains.Add(Chain.Regular(chainNames[i]) with { Rules = ValueList.From(rules) });
        }

        chains.Add(Chain.Hooked("base", new BaseChain(ChainType.Filter, (ChainHook)random.Next(1, 3), random.Next(2), random.Next(2) == 0), Rule.Of(VerdictStatement.Jump(chainNames[0]))));
        return new Table { Id = SampleTables.Proxy, Comment = random.Next(8) == 0 ? "other" : null, Chains = ValueList.From(chains), Sets = ValueList.From(sets) };
    }

    private static Table Replace(Table table, SetObject set) =>
        table with { Sets = ValueList.From(table.Sets.Select(s => s.Name == set.Name ? set : s)) };

    private static void AssertReaches(Table from, Table to)
    {
        var kernel = new FakeNft();
        kernel.Apply(RulesetDiff.Between(null, from));
        kernel.Apply(RulesetDiff.Between(kernel.ReadTable(to.Id), to));
        Assert.Equal(to, kernel.ReadTable(to.Id));
        Assert.Equal(2, kernel.Applied.Count);
    }
}
