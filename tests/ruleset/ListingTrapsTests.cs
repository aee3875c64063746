namespace Podwire.Ruleset.Tests;

public class ListingTrapsTests
{
    [Fact]
    public void Check_IntegerInAConcatenationWithoutTypeOf_IsRefused()
    {
        var set = new NftSet { Name = "s", Key = [NftType.Ipv4Address, NftType.Integer] };
        Assert.Throws<ArgumentException>(() => ListingTraps.Check(set));
        Assert.Throws<ArgumentException>(() => new FakeNft().Apply(new NftBatch().Add(new AddTable(SampleTables.Proxy)).Add(new AddSet(SampleTables.Proxy, set))));
        ListingTraps.Check(new NftSet { Name = "s", Key = [NftType.Integer] });
        ListingTraps.Check(SampleTables.ServiceEndpoints());
    }

    [Fact]
    public void Check_TypeOfForSomeFields_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => ListingTraps.Check(new NftSet { Name = "s", Key = [KeyField.Of(Payload.IpSaddr), NftType.Mark] }));
        Assert.Throws<ArgumentException>(() => ListingTraps.Check(new NftMap { Name = "m", Key = [KeyField.Of(Payload.IpSaddr)], Data = [NftType.Mark] }));
        ListingTraps.Check(new NftMap { Name = "m", Key = [KeyField.Of(Payload.IpSaddr)] });
    }

    [Fact]
    public void Check_LookUpOfALookedUpValue_IsRefused()
    {
        var mark = new MapLookup(Payload.IpSaddr, "marks");
        Assert.Throws<ArgumentException>(() => ListingTraps.Check(Rule.Of(new VerdictMapLookup(Concat.Of(mark, Payload.ThDport), "verdicts"))));
        Assert.Throws<ArgumentException>(() => ListingTraps.Check(Rule.Of(new DynamicSet(DynamicSetOperation.Add, "set", mark))));
        ListingTraps.Check(Rule.Of(new MetaSet(MetaKey.Mark, mark), new VerdictMapLookup(Meta.Mark, "verdicts")));
    }
}
