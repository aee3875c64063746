using System.Collections.Immutable;
using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>One table of <see cref="FakeNft"/>, immutable: an operation makes the next one.</summary>
internal sealed record FakeTable
{
    public string? Comment { get; init; }

    public ImmutableSortedDictionary<string, Chain> Chains { get; init; } = ImmutableSortedDictionary.Create<string, Chain>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, FakeSet> Sets { get; init; } = ImmutableSortedDictionary.Create<string, FakeSet>(StringComparer.Ordinal);

    public Table ToTable(TableId id) => new()
    {
        Id = id,
        Comment = Comment,
        Chains = ValueList.From(Chains.Values),
        Sets = ValueList.From(Sets.Values.Select(static s => s.ToSet())),
    };

    public FakeTable Apply(NftOperation operation) => operation switch
    {
        AddChain o => AddChain(o),
        DeleteChain o => DeleteChain(o),
        FlushChain o => this with { Chains = Chains.SetItem(o.Chain, Chain(o.Chain, o) with { Rules = [] }) },
        AddRule o => AddRule(o),
        AddSet o => AddSet(o),
        DeleteSet o => DeleteSet(o),
        FlushSet o => this with { Sets = Sets.SetItem(o.Set, Set(o.Set, o).Clear()) },
        AddElements o => AddElements(o),
        DeleteElements o => this with { Sets = Sets.SetItem(o.Set.Name, Set(o.Set.Name, o).Remove(o.Elements.Span, o)) },
        _ => throw new NftException(Errno.EOPNOTSUPP, operation),
    };

    /// <summary>ELOOP if a packet could come back to a chain that it has not left (nf_tables_check_loops).</summary>
    public void CheckLoops(NftOperation last)
    {
        var done = new HashSet<string>();
        var path = new HashSet<string>();
        foreach (var chain in Chains.Keys)
        {
            Visit(chain);
        }

        void Visit(string name)
        {
            if (done.Contains(name))
            {
                return;
            }

            if (!path.Add(name))
            {
                throw new NftException(Errno.ELOOP, last, $"chain {name}");
            }

            foreach (var next in Targets(Chains[name]))
            {
                Visit(next);
            }

            path.Remove(name);
            done.Add(name);
        }
    }

    private IEnumerable<string> Targets(Chain chain)
    {
        foreach (var rule in (IEnumerable<Rule>)chain.Rules)
        {
            foreach (var target in RuleReferences.Chains(rule))
            {
                yield return target;
            }

            foreach (var set in RuleReferences.Sets(rule))
            {
                foreach (var target in Sets[set].ChainUses.Keys)
                {
                    yield return target;
                }
            }
        }
    }

    private FakeTable AddChain(AddChain operation)
    {
        var chain = operation.Chain;
        if (!Chains.TryGetValue(chain.Name, out var old))
        {
            return this with { Chains = Chains.Add(chain.Name, chain with { Rules = [] }) };
        }

        if (chain.Base is null)
        {
            return this;
        }

        return old.Base is not null && old.Base with { DropByDefault = chain.Base.DropByDefault } == chain.Base
            ? this with { Chains = Chains.SetItem(chain.Name, old with { Base = chain.Base }) }
            : throw new NftException(Errno.EEXIST, operation);
    }

    private FakeTable DeleteChain(DeleteChain operation)
    {
        var chain = Chain(operation.Chain, operation);
        foreach (var other in Chains.Values)
        {
            if (other != chain && other.Rules.Any(r => RuleReferences.Chains(r).Contains(chain.Name)))
            {
                throw new NftException(Errno.EBUSY, operation, $"a rule of chain {other.Name} refers to it");
            }
        }

        foreach (var set in Sets.Values)
        {
            if (set.ChainUses.ContainsKey(chain.Name))
            {
                throw new NftException(Errno.EBUSY, operation, $"an element of {set.Declaration.Name} refers to it");
            }
        }

        return this with { Chains = Chains.Remove(chain.Name) };
    }

    private FakeTable AddRule(AddRule operation)
    {
        ListingTraps.Check(operation.Rule);
        var chain = Chain(operation.Chain, operation);
        foreach (var target in RuleReferences.Chains(operation.Rule))
        {
            if (Chain(target, operation).Base is not null)
            {
                throw new NftException(Errno.EOPNOTSUPP, operation, $"{target} is a base chain");
            }
        }

        foreach (var statement in operation.Rule.Statements)
        {
            var (reference, wantsVerdict) = statement switch
            {
                VerdictMapLookup lookup => (lookup.Map.Name, true),
                SetLookup lookup => (lookup.Set.Name, false),
                _ => (null, false),
            };
            if (reference is not null && wantsVerdict != Set(reference, operation).Declaration is NftMap { IsVerdictMap: true })
            {
                throw new NftException(Errno.EINVAL, operation, $"{reference} is of another kind");
            }

            if (statement is UnknownStatement)
            {
                throw new NftException(Errno.EOPNOTSUPP, operation);
            }
        }

        foreach (var set in RuleReferences.Sets(operation.Rule))
        {
            Set(set, operation);
        }

        return this with { Chains = Chains.SetItem(chain.Name, chain with { Rules = [.. chain.Rules, operation.Rule] }) };
    }

    private FakeTable AddSet(AddSet operation)
    {
        ListingTraps.Check(operation.Set);
        if (!Sets.TryGetValue(operation.Set.Name, out var old))
        {
            return this with { Sets = Sets.Add(operation.Set.Name, new FakeSet(operation.Set)) };
        }

        return old.Declaration.SameDeclaration(operation.Set) ? this : throw new NftException(Errno.EEXIST, operation);
    }

    private FakeTable DeleteSet(DeleteSet operation)
    {
        Set(operation.Set, operation);
        foreach (var chain in Chains.Values)
        {
            if (chain.Rules.Any(r => RuleReferences.Sets(r).Contains(operation.Set)))
            {
                throw new NftException(Errno.EBUSY, operation, $"a rule of chain {chain.Name} refers to it");
            }
        }

        return this with { Sets = Sets.Remove(operation.Set) };
    }

    private FakeTable AddElements(AddElements operation)
    {
        var set = Set(operation.Set.Name, operation);
        foreach (var element in operation.Elements.Span)
        {
            if (element.Verdict?.Chain is { } target && Chain(target, operation).Base is not null)
            {
                throw new NftException(Errno.EOPNOTSUPP, operation, $"{target} is a base chain");
            }
        }

        return this with { Sets = Sets.SetItem(operation.Set.Name, set.Add(operation.Elements.Span, operation)) };
    }

    private Chain Chain(string name, NftOperation operation) =>
        Chains.TryGetValue(name, out var chain) ? chain : throw new NftException(Errno.ENOENT, operation, $"no chain {name}");

    private FakeSet Set(string name, NftOperation operation) =>
        Sets.TryGetValue(name, out var set) ? set : throw new NftException(Errno.ENOENT, operation, $"no set {name}");
}
