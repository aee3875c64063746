namespace Podwire.Ruleset.Tests;

public class FirstLoadTests
{
    [Fact]
    public void Of_AnyTable_MakesIt()
    {
        var kernel = new FakeNft();
        kernel.Apply(FirstLoad.Of(SampleTables.ProxyTable()));
        Assert.Equal(SampleTables.ProxyTable(), kernel.ReadTable(SampleTables.Proxy));
    }

    [Fact]
    public void Of_TableWithSets_MakesThoseThatAreNamedMostFirstAndWhatPacketsMeetLast()
    {
        NftSet Set(string name) => new() { Name = name, Key = [NftType.Ipv4Address] };
        Rule Ask(string set) => Rule.Of(new SetLookup(Payload.Saddr(Primitives.IpFamily.V4), set), VerdictStatement.Accept);
        var table = new Table
        {
            Id = new(TableFamily.Ip, "t"),
            Sets = [Set("a"), Set("b"), Set("c")],
            Chains = [Chain.Regular("x", Ask("c"), Ask("b")), Chain.Regular("y", Ask("c")), new() { Name = "base", Base = new(ChainType.Filter, ChainHook.Forward, ChainPriority.Filter), Rules = [Rule.Of(VerdictStatement.Accept)] }],
        };

        var operations = FirstLoad.Of(table).Operations;

        Assert.Equal(["c", "b", "a"], operations.OfType<AddSet>().Select(static add => add.Set.Name));
        Assert.Equal("base", Assert.IsType<AddChain>(operations[^2]).Chain.Name);
        Assert.Equal("base", Assert.IsType<AddRule>(operations[^1]).Chain);
    }
}
