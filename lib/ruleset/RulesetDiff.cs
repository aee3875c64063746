namespace Podwire.Ruleset;

/// <summary>
/// The smallest batch that turns one table into another. Only chains whose rules differ are rewritten, only sets whose declaration differs
/// are recreated, and of the others only the elements that differ are touched. The order is such that every reference holds at every step.
/// </summary>
public static class RulesetDiff
{
    /// <summary>The batch from <paramref name="actual"/> (null: no table) to <paramref name="desired"/>; empty if they are equal.</summary>
    public static NftBatch Between(Table? actual, Table desired)
    {
        var batch = new NftBatch();
        foreach (var part in Stages(actual, desired, oneBatch: true))
        {
            batch.Add(part);
        }

        return batch;
    }

    /// <summary>The same difference in transactions that no packet can fall between (<see cref="StagedChange"/>); none if they are equal.</summary>
    public static IReadOnlyList<NftBatch> Stages(Table? actual, Table desired) => Stages(actual, desired, oneBatch: false);

    private static NftBatch[] Stages(Table? actual, Table desired, bool oneBatch)
    {
        ArgumentNullException.ThrowIfNull(desired);
        var change = new StagedChange();
        if (actual is not null && actual.Id != desired.Id)
        {
            throw new ArgumentException($"{actual.Id} is not {desired.Id}", nameof(actual));
        }

        if (actual is not null && !CanBecome(actual, desired))
        {
            change.Change.Add(new DeleteTable(desired.Id));
            actual = null;
        }

        if (actual is null)
        {
            change.Change.Add(new AddTable(desired.Id, desired.Comment));
        }

        new Step(actual ?? new Table { Id = desired.Id }, desired, change, oneBatch || actual is null).Write();
        return [.. change.ToBatches()];
    }

    /// <summary>The batch that makes a table anew whatever is there, for a caller who does not know or does not trust what is there.</summary>
    public static NftBatch Replacing(Table desired)
    {
        ArgumentNullException.ThrowIfNull(desired);

        // Add before delete, so that the deletion finds a table in any case; «destroy» needs Linux 6.3.
        return Removing(desired.Id).Add(Between(null, desired));
    }

    /// <summary>The batch that removes a table, whether it is there or not.</summary>
    public static NftBatch Removing(TableId table) => new NftBatch().Add(new AddTable(table)).Add(new DeleteTable(table));

    // A table's comment cannot be changed in place, nor can a regular chain become a base chain or get another comment while rules
    // and elements name it: then the table is made anew, in the same transaction.
    private static bool CanBecome(Table actual, Table desired)
    {
        if (actual.Comment != desired.Comment)
        {
            return false;
        }

        foreach (var chain in desired.Chains)
        {
            if (actual.FindChain(chain.Name) is { Base: null } old && (chain.Base is not null || old.Comment != chain.Comment))
            {
                return false;
            }
        }

        return true;
    }

    private readonly struct Step(Table actual, Table desired, StagedChange change, bool oneBatch)
    {
        private readonly TableId id = desired.Id;
        private readonly NftBatch batch = change.Change;

        public void Write()
        {
            var recreated = RecreatedSets();
            var rewritten = new List<Chain>();

            // New rules may name a set that must be deleted to be made anew: then nothing can go ahead of it.
            var ahead = oneBatch || recreated.Count > 0 ? batch : change.Ahead;

            // New chains first (rules and elements name them), then the rules that hold on to what goes.
            foreach (var chain in desired.Chains)
            {
                var old = actual.FindChain(chain.Name);
                if (old is null)
                {
                    // A base chain is met at once, so it comes with the change.
                    (chain.Base is null ? ahead : batch).Add(new AddChain(id, Declaration(chain)));
                    rewritten.Add(chain);
                    continue;
                }

                if (!SameHook(old, chain))
                {
                    // A base chain is named by nothing, so it can go at once, rules and all.
                    batch.Add(new DeleteChain(id, old.Name)).Add(new AddChain(id, Declaration(chain)));
                    rewritten.Add(chain);
                    continue;
                }

                if (old.Base != chain.Base)
                {
                    batch.Add(new AddChain(id, Declaration(chain)));
                }

                if (old.Rules != chain.Rules || (recreated.Count > 0 && RefersTo(chain, recreated)))
                {
                    if (!old.Rules.IsEmpty)
                    {
                        batch.Add(new FlushChain(id, chain.Name));
                    }

                    rewritten.Add(chain);
                }
            }

            foreach (var chain in actual.Chains)
            {
                if (desired.FindChain(chain.Name) is null && !chain.Rules.IsEmpty)
                {
                    batch.Add(new FlushChain(id, chain.Name));
                }
            }

            WriteSets(recreated, ahead);
            foreach (var chain in rewritten)
            {
                var into = chain.Base is null && actual.FindChain(chain.Name) is null ? ahead : batch;
                foreach (var rule in chain.Rules)
                {
                    into.Add(new AddRule(id, chain.Name, rule));
                }
            }

            foreach (var chain in actual.Chains)
            {
                if (desired.FindChain(chain.Name) is null)
                {
                    batch.Add(new DeleteChain(id, chain.Name));
                }
            }
        }

        private static Chain Declaration(Chain chain) => chain with { Rules = [] };

        // Only the policy of a base chain can be changed in place.
        private static bool SameHook(Chain old, Chain chain) => old.Base is null
            || (chain.Base is not null && old.Comment == chain.Comment && old.Base with { DropByDefault = chain.Base.DropByDefault } == chain.Base);

        private static bool RefersTo(Chain chain, HashSet<string> sets)
        {
            foreach (var rule in chain.Rules)
            {
                foreach (var name in RuleReferences.Sets(rule))
                {
                    if (sets.Contains(name))
                    {
                        return true;
                    }
                }
            }

            return false;
        }

        private HashSet<string> RecreatedSets()
        {
            var names = new HashSet<string>();
            foreach (var set in desired.Sets)
            {
                if (actual.FindSet(set.Name) is { } old && !old.SameDeclaration(set))
                {
                    names.Add(set.Name);
                }
            }

            return names;
        }

        private void WriteSets(HashSet<string> recreated, NftBatch ahead)
        {
            // Deletions before additions: a verdict that goes may be the last one to name a chain, a range that goes may overlap a new one.
            foreach (var old in actual.Sets)
            {
                if (desired.FindSet(old.Name) is null || recreated.Contains(old.Name))
                {
                    batch.Add(new DeleteSet(id, old.Name, old is NftMap));
                }
            }

            foreach (var set in desired.Sets)
            {
                var old = recreated.Contains(set.Name) ? null : actual.FindSet(set.Name);
                var into = actual.FindSet(set.Name) is null ? ahead : batch;
                if (old is null)
                {
                    into.Add(new AddSet(id, set with { Elements = [] }));
                }

                // What rules put into a dynamic set is theirs.
                if ((set.Flags & SetFlags.Dynamic) == 0)
                {
                    WriteElements(into, set, old?.Elements ?? []);
                }
            }
        }

        private void WriteElements(NftBatch into, SetObject set, ValueList<SetElement> old)
        {
            if (old.IsEmpty)
            {
                if (!set.Elements.IsEmpty)
                {
                    into.Add(new AddElements(id, set, set.Elements.AsMemory()));
                }

                return;
            }

            var removed = new List<SetElement>();
            var added = new List<SetElement>();
            int i = 0, j = 0;
            while (i < old.Count || j < set.Elements.Count)
            {
                var order = i == old.Count ? 1 : j == set.Elements.Count ? -1 : SetElement.ByKey.Compare(old[i], set.Elements[j]);
                if (order == 0)
                {
                    if (!old[i].Equals(set.Elements[j]))
                    {
                        removed.Add(old[i]);
                        added.Add(set.Elements[j]);
                    }

                    i++;
                    j++;
                }
                else if (order < 0)
                {
                    removed.Add(old[i++]);
                }
                else
                {
                    added.Add(set.Elements[j++]);
                }
            }

            if (!oneBatch)
            {
                change.Elements(id, set, [.. removed], [.. added]);
                return;
            }

            if (removed.Count > 0)
            {
                batch.Add(new DeleteElements(id, set, removed.ToArray()));
            }

            if (added.Count > 0)
            {
                batch.Add(new AddElements(id, set, added.ToArray()));
            }
        }
    }
}
