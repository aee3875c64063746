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
                var desired = RandomTables.Next(random);
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

    private static Table Replace(Table table, SetObject set) =>
        table with { Sets = ValueList.From(table.Sets.Select(s => s.Name == set.Name ? set : s)) };

    [Fact]
    public void Stages_RandomTables_Converge()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var kernel = new FakeNft();
            for (var i = 0; i < 6; i++)
            {
                var desired = RandomTables.Next(random);
                var stages = RulesetDiff.Stages(kernel.ReadTable(desired.Id), desired);
                Assert.InRange(stages.Count, 0, 3);
                foreach (var batch in stages)
                {
                    kernel.Apply(batch);
                }

                Assert.Equal(NftText.Write(desired), NftText.Write(kernel.ReadTable(desired.Id)!));
            }
        }
    }

    [Fact]
    public void Stages_ValueThatGoes_GoesAfterTheVerdictThatToldOfIt()
    {
        var old = SampleTables.ProxyTable();
        var endpoints = old.FindSet("service-endpoints")!;
        var desired = Replace(old, endpoints with { Elements = ValueList.From(endpoints.Elements.Take(endpoints.Elements.Count - 1)) });
        desired = Replace(desired, SampleTables.ServiceIps() with { Elements = [] });

        Assert.Collection(
            RulesetDiff.Stages(old, desired),
            change => Assert.All(change.Operations, operation => Assert.Equal("service-ips", Assert.IsType<DeleteElements>(operation).Set.Name)),
            behind => Assert.Equal(endpoints.Elements[^1], Assert.IsType<DeleteElements>(Assert.Single(behind.Operations)).Elements.Span[0]));
    }

    [Fact]
    public void Stages_ValueThatChanges_ChangesInOnePiece()
    {
        var old = SampleTables.ProxyTable();
        var endpoints = old.FindSet("service-endpoints")!;
        var swapped = endpoints.Elements[0] with { Data = endpoints.Elements[^1].Data, Comment = "other" };
        var desired = Replace(old, endpoints with { Elements = [swapped, .. endpoints.Elements.Skip(1)] });

        Assert.Equal(2, Assert.Single(RulesetDiff.Stages(old, desired)).Operations.Count);
    }

    [Fact]
    public void Stages_NewChain_IsFilledBeforeAnythingLeadsThere()
    {
        var old = SampleTables.ProxyTable();
        var chains = old.Chains.Append(Chain.Regular("vip-9", Rule.Of(VerdictStatement.Drop)));
        var ips = old.FindSet("service-ips")!;
        var desired = Replace(old with { Chains = ValueList.From(chains) }, ips with { Elements = [ips.Elements[0] with { Verdict = Verdict.Goto("vip-9") }, .. ips.Elements.Skip(1)] });

        Assert.Collection(
            RulesetDiff.Stages(old, desired),
            ahead => Assert.Equal([typeof(AddChain), typeof(AddRule)], ahead.Operations.Select(static operation => operation.GetType())),
            change => Assert.Equal([typeof(DeleteElements), typeof(AddElements)], change.Operations.Select(static operation => operation.GetType())));
    }

    private static void AssertReaches(Table from, Table to)
    {
        var kernel = new FakeNft();
        kernel.Apply(RulesetDiff.Between(null, from));
        kernel.Apply(RulesetDiff.Between(kernel.ReadTable(to.Id), to));
        Assert.Equal(to, kernel.ReadTable(to.Id));
        Assert.Equal(2, kernel.Applied.Count);
    }
}
