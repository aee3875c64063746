using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.Tests;

namespace Podwire.Netlink.Tests.Nftables;

public class NftBatchTests
{
    private static readonly TableId Id = SampleTables.Proxy;
    private static readonly NftMap Endpoints = SampleTables.ServiceEndpoints();

    [Fact]
    public void Apply_OneRefusedOfMany_NamesTheElementAndChangesNothing()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.ProxyTable());
        var generation = kernel.Nft.GetGeneration();
        var elements = Enumerable.Range(0, 2000).Select(i => SampleTables.Endpoint("10.96.0.9", 80, (uint)i, "10.244.0.1", 80, "x")).ToList();

        // The key of an element that is there, with other data.
        elements.Insert(1500, SampleTables.Endpoint("10.96.0.2", 80, 1, "10.244.9.9", 99, "other"));
        var batch = new NftBatch().Add(new FlushChain(Id, "services")).AddElements(Id, Endpoints, [.. elements]);
        var e = Assert.Throws<NftException>(() => kernel.Nft.Apply(batch));
        Assert.Equal(Errno.EEXIST, e.Errno);
        Assert.Same(batch.Operations[1], e.Operation);
        Assert.Contains("element 10.96.0.2 . tcp . 80 . 1", e.Message);
        Assert.Equal(SampleTables.ProxyTable(), kernel.Nft.ReadTable(Id));
        Assert.Equal(generation, kernel.Nft.GetGeneration());
    }

    [Fact]
    public void Apply_ElementGoesToAMissingChain_IsENOENT()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.ProxyTable());
        var batch = new NftBatch().AddElements(Id, SampleTables.ServiceIps(), SampleTables.Service("10.96.0.77", 80, 77, "x"));
        var e = Assert.Throws<NftException>(() => kernel.Nft.Apply(batch));
        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Contains("service-ips", e.Message);
    }

    [Fact]
    public void Apply_ReferencedObjectsDeleted_IsEBUSY()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.ProxyTable());
        Assert.Equal(Errno.EBUSY, Refused(kernel, new DeleteChain(Id, "cluster-2")));
        Assert.Equal(Errno.EBUSY, Refused(kernel, new DeleteSet(Id, "service-endpoints")));
        Assert.Equal(Errno.ENOENT, Refused(kernel, new DeleteChain(Id, "none")));
        Assert.Equal(Errno.ENOENT, Refused(kernel, new DeleteTable(new TableId(TableFamily.Ip, "none"))));
    }

    [Fact]
    public void Apply_StaleGeneration_IsERESTART()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.ProxyTable());
        var generation = kernel.Nft.GetGeneration();
        var element = SampleTables.Endpoint("10.96.0.2", 80, 1, "10.244.7.7", 80, "x");
        kernel.Nft.Apply(new NftBatch().ReplaceElement(Id, Endpoints, element), generation);
        Assert.Equal(generation + 1, kernel.Nft.GetGeneration());
        var e = Assert.Throws<NftException>(() => kernel.Nft.Apply(new NftBatch().ReplaceElement(Id, Endpoints, element), generation));
        Assert.True(e.IsStale);
        Assert.Null(e.Operation);
        kernel.Nft.Apply(new NftBatch().ReplaceElement(Id, Endpoints, element), generation + 1);
    }

    [Fact]
    public void Apply_MoreRefusalsThanTheSocketHolds_ReportsTheFirst()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.ProxyTable());
        var batch = new NftBatch();
        for (var i = 0; i < 30_000; i++)
        {
            batch.Add(new FlushChain(Id, $"none-{i}"));
        }

        var e = Assert.Throws<NftException>(() => kernel.Nft.Apply(batch));
        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Same(batch.Operations[0], e.Operation);

        // Nothing of that is left over to be taken for an answer to what comes next.
        kernel.Nft.Apply(new NftBatch().Add(new FlushChain(Id, "services")));
        Assert.Empty(kernel.Nft.ReadTable(Id)!.FindChain("services")!.Rules);
    }

    [Fact]
    public void Apply_RuleWithAnUnknownStatement_IsRefusedBeforeItIsSent()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.ProxyTable());
        Assert.Throws<ArgumentException>(() => kernel.Nft.Apply(new NftBatch().Add(new AddRule(Id, "services", Rule.Of(new UnknownStatement("quota"))))));
    }

    /// <summary>A load far beyond a socket's default send buffer and an attribute's 64 kB, as 10,000 services with 10 endpoints each make it.</summary>
    [Fact]
    public void Apply_HundredThousandElements_ReadBackEqual()
    {
        using var kernel = new NftScratch();
        var desired = Load(services: 10_000, endpoints: 10);
        kernel.Nft.Apply(RulesetDiff.Between(null, desired));
        var actual = kernel.Nft.ReadTable(Id);
        Assert.NotNull(actual);
        Assert.Equal(100_000, actual.FindSet("service-endpoints")!.Elements.Count);
        Assert.True(desired.Equals(actual));

        // Removing one service costs what one service has.
        var services = desired.FindSet("service-ips")!;
        var batch = RulesetDiff.Between(actual, desired with
        {
            Sets = ValueList.From(desired.Sets.Select(s => s == services ? s with { Elements = ValueList.From(s.Elements.Skip(1)) } : s)),
        });
        Assert.Equal(1, batch.ElementCount);
        kernel.Nft.Apply(batch);
        Assert.Equal(9_999, kernel.Nft.ReadElements(Id, services).Count);
    }

    [Fact]
    public void Apply_SplitLoad_IsTheSameTable()
    {
        using var kernel = new NftScratch();
        var desired = Load(services: 500, endpoints: 4);
        foreach (var part in RulesetDiff.Between(null, desired).Split(300))
        {
            kernel.Nft.Apply(part);
        }

        Assert.True(desired.Equals(kernel.Nft.ReadTable(Id)));
    }

    private static Table Load(int services, int endpoints)
    {
        var table = SampleTables.ProxyTable();
        var ips = new SetElement[services];
        var slots = new SetElement[services * endpoints];
        for (var i = 0; i < services; i++)
        {
            var ip = IpAddress.FromV4(0x0A600000u + (uint)i);
            ips[i] = SetElement.Map(NftData.Of(ip, IpProtocol.Tcp, NftScalar.Port(80)), Verdict.Goto("cluster-2"), $"ns/service-{i}:http");
            for (uint slot = 0; slot < endpoints; slot++)
            {
                slots[(i * endpoints) + slot] = SetElement.Map(
                    NftData.Of(ip, IpProtocol.Tcp, NftScalar.Port(80), NftScalar.Integer(slot)),
                    NftData.Of(IpAddress.FromV4(0x0AF40000u + (uint)(i * endpoints) + slot), NftScalar.Port(8080)),
                    $"ns/service-{i}:http");
            }
        }

        return table with
        {
            Sets = ValueList.From(table.Sets.Select(s => s.Name switch
            {
                "service-ips" => s with { Elements = ValueList.Adopt(ips) },
                "service-endpoints" => s with { Elements = ValueList.Adopt(slots) },
                _ => s,
            })),
        };
    }

    private static Errno Refused(NftScratch kernel, NftOperation operation)
    {
        var e = Assert.Throws<NftException>(() => kernel.Nft.Apply(new NftBatch().Add(operation)));
        Assert.Same(operation, e.Operation);
        return e.Errno;
    }
}
