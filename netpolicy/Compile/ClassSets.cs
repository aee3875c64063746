using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <summary>
/// The sets of a class in one family, and the elements of a peer in them. What a peer may use is a matter of plain sets without verdicts:
/// the kernel re-validates a table when an element with a chain comes or goes, and peers come and go all the time.
/// </summary>
internal sealed class ClassSets
{
    private readonly PolicyClass of;
    private readonly TableSchema schema;
    private readonly NftSet? any;
    private readonly NftSet? anyBlocks;
    private readonly NftSet?[] accepted;
    private readonly NftSet?[] denied;
    private readonly NftSet?[] blocks;

    /// <summary>The sets of a class.</summary>
    public ClassSets(PolicyClass of, TableSchema schema)
    {
        (this.of, this.schema) = (of, schema);
        var count = of.Ports.Count;
        accepted = new NftSet?[count];
        denied = new NftSet?[count];
        blocks = new NftSet?[count];
        var reached = Reached();
        // Where nothing is denied, who may use every port may be asked for once, before the port is.
        if (!of.CanDeny && count > 1 && !of.Default.IsAll && Intervals(static may => may.IsAll) is { Count: > 0 } whole)
        {
            anyBlocks = Blocks("any", whole);
        }

        for (var i = 0; i < count; i++)
        {
            if (reached[i])
            {
                accepted[i] = Hash($"{of.Name}-{i}");
                denied[i] = of.CanDeny ? Hash($"{of.Name}-{i}-not") : null;
            }

            var (ports, usual) = (i, of.Default[i]);
            if (Intervals(may => may[ports] != usual && (anyBlocks is null || !may.IsAll)) is { Count: > 0 } intervals)
            {
                blocks[i] = Blocks($"{i}", intervals);
            }
        }

        any = count > 1 && reached[0] ? Hash($"{of.Name}-any") : null;
    }

    /// <summary>Peers that may use everything; null if there can be none.</summary>
    public NftSet? Any => any;

    /// <summary>Blocks that may use everything, where that is asked before the port; null if there are none.</summary>
    public NftSet? AnyBlocks => anyBlocks;

    /// <summary>All of them; those of blocks with their elements.</summary>
    public IEnumerable<NftSet> All => [.. any is null ? [] : (NftSet[])[any], .. anyBlocks is null ? [] : (NftSet[])[anyBlocks], .. accepted.OfType<NftSet>(), .. denied.OfType<NftSet>(), .. blocks.OfType<NftSet>()];

    /// <summary>Peers that may use a port class; null if no group can be among them.</summary>
    public NftSet? Accepted(int ports) => accepted[ports];

    /// <summary>Peers that may not use it although a block that they are in may; null if there can be none.</summary>
    public NftSet? Denied(int ports) => denied[ports];

    /// <summary>Blocks that are judged unlike the rest of the world and are not in <see cref="AnyBlocks"/>; null if there are none.</summary>
    public NftSet? Blocks(int ports) => blocks[ports];

    /// <summary>The sets that have an element for a peer.</summary>
    public void Collect(IpAddress address, PortSet may, List<NftSet> into)
    {
        var byBlocks = of.ByBlocks(address);
        if (may.Equals(byBlocks))
        {
            return;
        }

        if (any is not null && may.IsAll)
        {
            into.Add(any);
            return;
        }

        for (var i = 0; i < may.Count; i++)
        {
            if (may[i] != byBlocks[i])
            {
                into.Add((may[i] ? accepted[i] : denied[i])!);
            }
        }
    }

    private NftSet Blocks(string part, List<SetElement> intervals) =>
        new() { Name = $"{of.Name}-{part}-blocks", Key = [schema.Address], Flags = SetFlags.Interval, Elements = ValueList.From(intervals) };

    private NftSet Hash(string name) => new() { Name = name, Key = [schema.Address] };

    /// <summary>The port classes in which a group can make a difference.</summary>
    private PortSet Reached()
    {
        var reached = new PortSet(of.Ports.Count);
        foreach (var numbers in of.Groups.Values)
        {
            foreach (var number in numbers)
            {
                reached = reached.Or(of.Rules[number].Covered);
            }
        }

        if (Array.Exists(of.Rules, static rule => rule.Names.Length > 0))
        {
            // A name may lead to any class but the one of ports that no rule names.
            for (var i = 1; i < reached.Count; i++)
            {
                reached.Add(i);
            }
        }

        return reached;
    }

    /// <summary>The addresses whose port classes, by blocks alone, are as told; neighbours are one.</summary>
    private List<SetElement> Intervals(Func<PortSet, bool> isMember)
    {
        var intervals = new List<SetElement>();
        var map = of.Blocks(schema.Family);
        if (map.IsEmpty)
        {
            return intervals;
        }

        IpAddress? first = null;
        IpAddress end = default;
        foreach (var (from, to, _) in map.Pieces())
        {
            if (!isMember(of.ByBlocks(from)))
            {
                Close();
            }
            else
            {
                first ??= from;
                end = to;
            }
        }

        Close();
        return intervals;

        void Close()
        {
            if (first is { } begin)
            {
                intervals.Add(new() { Key = NftScalar.Address(begin), KeyEnd = begin == end ? default : NftData.Of(NftScalar.Address(end)) });
            }

            first = null;
        }
    }
}
