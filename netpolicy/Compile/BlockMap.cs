using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile;

/// <summary>Which rules' blocks an address of one family is in: the family's addresses cut where any block or exception begins or ends.</summary>
internal sealed class BlockMap
{
    private readonly UInt128[] starts;
    private readonly int[][] rules;
    private readonly IpFamily family;

    private BlockMap(IpFamily family, UInt128[] starts, int[][] rules) => (this.family, this.starts, this.rules) = (family, starts, rules);

    /// <summary>True if no block is of this family.</summary>
    public bool IsEmpty => starts.Length == 1 && rules[0].Length == 0;

    /// <summary>Cuts the family by the blocks of rules, each with the number of its rule.</summary>
    public static BlockMap Of(IpFamily family, IEnumerable<(int Rule, IpBlock Block)> blocks)
    {
        // Every block counts up from its beginning to behind its end, and its exceptions count down in between. Exceptions may overlap: they are merged first.
        var changes = new SortedDictionary<UInt128, List<(int Rule, int By)>> { [UInt128.Zero] = [] };
        var last = IpPrefix.Default(family).Last.Value;
        foreach (var (rule, block) in blocks)
        {
            if (block.Prefix.Family != family)
            {
                continue;
            }

            Count(rule, block.Prefix.First.Value, block.Prefix.Last.Value, 1);
            foreach (var except in Merged(block))
            {
                Count(rule, except.First.Value, except.Last.Value, -1);
            }
        }

        var starts = new List<UInt128>();
        var rules = new List<int[]>();
        var active = new SortedDictionary<int, int>();
        foreach (var (at, here) in changes)
        {
            foreach (var (rule, by) in here)
            {
                var depth = active.GetValueOrDefault(rule) + by;
                if (depth == 0)
                {
                    active.Remove(rule);
                }
                else
                {
                    active[rule] = depth;
                }
            }

            int[] now = [.. active.Keys];
            if (rules.Count == 0 || !rules[^1].AsSpan().SequenceEqual(now))
            {
                starts.Add(at);
                rules.Add(now);
            }
        }

        return new(family, [.. starts], [.. rules]);

        void Count(int rule, UInt128 from, UInt128 to, int by)
        {
            At(from).Add((rule, by));
            if (to != last)
            {
                At(to + 1).Add((rule, -by));
            }
        }

        List<(int Rule, int By)> At(UInt128 point) => changes.TryGetValue(point, out var list) ? list : changes[point] = [];
    }

    /// <summary>The rules whose blocks an address is in, in order.</summary>
    public int[] RulesAt(IpAddress address)
    {
        var at = Array.BinarySearch(starts, address.Value);
        return rules[at >= 0 ? at : ~at - 1];
    }

    /// <summary>The pieces in order, with the rules of each.</summary>
    public IEnumerable<(IpAddress First, IpAddress Last, int[] Rules)> Pieces()
    {
        for (var i = 0; i < starts.Length; i++)
        {
            var last = i + 1 < starts.Length ? starts[i + 1] - 1 : IpPrefix.Default(family).Last.Value;
            yield return (IpAddress.FromValue(family, starts[i]), IpAddress.FromValue(family, last), rules[i]);
        }
    }

    /// <summary>The exceptions inside the block without those that lie in others: prefixes overlap only by containing one another.</summary>
    private static List<IpPrefix> Merged(IpBlock block)
    {
        var kept = new List<IpPrefix>();
        var excepts = Array.FindAll(block.Except, except => except.Family == block.Prefix.Family);
        Array.Sort(excepts, static (a, b) => a.Length.CompareTo(b.Length));
        foreach (var except in excepts)
        {
            var clipped = except.Contains(block.Prefix) ? block.Prefix : except;
            if (block.Prefix.Contains(clipped) && !kept.Exists(other => other.Contains(clipped)))
            {
                kept.Add(clipped);
            }
        }

        return kept;
    }
}
