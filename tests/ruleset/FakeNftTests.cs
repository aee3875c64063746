using Podwire.Primitives;

namespace Podwire.Ruleset.Tests;

public class FakeNftTests
{
    private static readonly TableId Id = SampleTables.Proxy;
    private static readonly NftMap Map = new() { Name = "m", Key = [NftType.Ipv4Address] };
    private static readonly NftSet Ranges = new() { Name = "r", Key = [NftType.Ipv4Address], Flags = SetFlags.Interval };

    private readonly FakeNft kernel = new();

    public FakeNftTests() => kernel.Apply(new NftBatch()
        .Add(new AddTable(Id))
        .Add(new AddChain(Id, Chain.Regular("a")))
        .Add(new AddChain(Id, Chain.Regular("b")))
        .Add(new AddSet(Id, Map))
        .Add(new AddSet(Id, Ranges)));

    [Fact]
    public void Apply_SecondOperationRefused_LeavesTheFirstUndone()
    {
        var before = kernel.ReadTable(Id);
        var refused = new DeleteChain(Id, "none");
        var e = Refused(new NftBatch().Add(new DeleteChain(Id, "a")).Add(refused));
        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Same(refused, e.Operation);
        Assert.Equal(before, kernel.ReadTable(Id));
    }

    [Fact]
    public void Apply_ElementNamesNoChain_IsENOENT() => Assert.Equal(Errno.ENOENT, Refused(Add("10.0.0.1", Verdict.Goto("none"))).Errno);

    [Fact]
    public void Apply_ChainNamedByAnElement_CannotBeDeleted()
    {
        kernel.Apply(Add("10.0.0.1", Verdict.Goto("a")));
        Assert.Equal(Errno.EBUSY, Refused(new NftBatch().Add(new DeleteChain(Id, "a"))).Errno);
        kernel.Apply(new NftBatch().DeleteElements(Id, Map, Element("10.0.0.1", Verdict.Drop)).Add(new DeleteChain(Id, "a")));
        Assert.Null(kernel.ReadTable(Id)!.FindChain("a"));
    }

    [Fact]
    public void Apply_ChainNamedByARule_CannotBeDeleted()
    {
        kernel.Apply(new NftBatch().Add(new AddRule(Id, "a", Rule.Of(VerdictStatement.Jump("b")))));
        Assert.Equal(Errno.EBUSY, Refused(new NftBatch().Add(new DeleteChain(Id, "b"))).Errno);
        kernel.Apply(new NftBatch().Add(new FlushChain(Id, "a")).Add(new DeleteChain(Id, "b")));
    }

    [Fact]
    public void Apply_SetNamedByARule_CannotBeDeleted()
    {
        kernel.Apply(new NftBatch().Add(new AddRule(Id, "a", Rule.Of(new VerdictMapLookup(Payload.IpSaddr, "m")))));
        Assert.Equal(Errno.EBUSY, Refused(new NftBatch().Add(new DeleteSet(Id, "m"))).Errno);
    }

    [Fact]
    public void Apply_KeyWithAnotherVerdict_IsEEXIST_UntilDeletedInTheSameBatch()
    {
        kernel.Apply(Add("10.0.0.1", Verdict.Accept));
        kernel.Apply(Add("10.0.0.1", Verdict.Accept));
        Assert.Equal(Errno.EEXIST, Refused(Add("10.0.0.1", Verdict.Drop)).Errno);
        kernel.Apply(new NftBatch().ReplaceElement(Id, Map, Element("10.0.0.1", Verdict.Drop)));
        Assert.Equal(Verdict.Drop, kernel.ReadTable(Id)!.FindSet("m")!.Elements[0].Verdict);
    }

    [Fact]
    public void Apply_OverlappingRanges_AreRefused()
    {
        kernel.Apply(new NftBatch().AddElements(Id, Ranges, SetElement.Prefix(IpPrefix.Parse("10.0.0.0/8"))));
        Assert.Equal(Errno.EEXIST, Refused(new NftBatch().AddElements(Id, Ranges, SetElement.Prefix(IpPrefix.Parse("10.1.0.0/16")))).Errno);
        kernel.Apply(new NftBatch().AddElements(Id, Ranges, SetElement.Prefix(IpPrefix.Parse("11.0.0.0/8"))));
    }

    [Fact]
    public void Apply_Loop_IsELOOP()
    {
        kernel.Apply(new NftBatch().Add(new AddRule(Id, "a", Rule.Of(new VerdictMapLookup(Payload.IpSaddr, "m")))));
        Assert.Equal(Errno.ELOOP, Refused(Add("10.0.0.1", Verdict.Goto("a"))).Errno);
    }

    [Fact]
    public void Apply_StaleGeneration_IsERESTART()
    {
        var generation = kernel.GetGeneration();
        kernel.Apply(Add("10.0.0.1", Verdict.Accept), generation);
        var e = Assert.Throws<NftException>(() => kernel.Apply(Add("10.0.0.2", Verdict.Accept), generation));
        Assert.True(e.IsStale);
    }

    [Fact]
    public void Apply_KeyOfTheWrongLength_IsEINVAL() =>
        Assert.Equal(Errno.EINVAL, Refused(new NftBatch().AddElements(Id, Map, SetElement.Map(NftScalar.Port(1), Verdict.Drop))).Errno);

    [Fact]
    public void Split_KeepsOrderAndBoundsEachPart()
    {
        var elements = Enumerable.Range(1, 25).Select(i => Element($"10.0.0.{i}", Verdict.Accept)).ToArray();
        var batch = new NftBatch().AddElements(Id, Map, elements).Add(new FlushChain(Id, "a")).DeleteElements(Id, Map, elements);
        var parts = batch.Split(10).ToArray();
        Assert.Equal([10, 10, 10, 10, 10], parts.Select(p => p.ElementCount));
        foreach (var part in parts)
        {
            kernel.Apply(part);
        }

        Assert.Empty(kernel.ReadTable(Id)!.FindSet("m")!.Elements);
    }

    private static SetElement Element(string address, Verdict verdict) => SetElement.Map(NftScalar.Address(IpAddress.Parse(address)), verdict);

    private static NftBatch Add(string address, Verdict verdict) => new NftBatch().AddElements(Id, Map, Element(address, verdict));

    private NftException Refused(NftBatch batch) => Assert.Throws<NftException>(() => kernel.Apply(batch));
}
