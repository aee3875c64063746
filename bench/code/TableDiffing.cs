using BenchmarkDotNet.Attributes;
using Podwire.Ruleset;

namespace Podwire.Bench;

/// <summary>One endpoint changed: by a diff of whole tables, and as the operation that a caller who knows the change writes.</summary>
[MemoryDiagnoser]
public class TableDiffing
{
    private Table actual = new() { Id = ServiceTables.Id };
    private Table desired = new() { Id = ServiceTables.Id };
    private SetElement changed = ServiceTables.Element(0, 0, 0);

    [Params(100, 10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var elements = ServiceTables.Elements(Services);
        actual = ServiceTables.Of(elements);
        changed = ServiceTables.Element(Services / 2, 3, 0xFFFF);
        var next = (SetElement[])elements.Clone();
        next[(Services / 2 * ServiceTables.EndpointsPerService) + 3] = changed;
        desired = ServiceTables.Of(next);
    }

    [Benchmark(Baseline = true)]
    public int WholeTables() => RulesetDiff.Between(actual, desired).ElementCount;

    [Benchmark]
    public int KnownChange() => new NftBatch().ReplaceElement(ServiceTables.Id, ServiceTables.Declaration, changed).ElementCount;
}
