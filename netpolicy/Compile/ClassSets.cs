using System.Security.Cryptography;
using System.Text;
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
        var (asked, canDeny) = (of.Asked, of.CanDeny);
        // Where nothing is denied, who may use every port may be asked for once, before the port is.
        if (!canDeny && count > 1 && !of.Default.IsAll && Intervals(static may => may.IsAll) is { Count: > 0 } whole)
        {
            anyBlocks = Blocks(whole);
        }

        for (var i = 0; i < count; i++)
        {
            if (asked.HasOwn(i))
            {
                accepted[i] = Hash($"{of.Name}-{i}");
                denied[i] = canDeny ? Hash($"{of.Name}-{i}-not") : null;
            }

            var (ports, usual) = (i, of.Default[i]);
            if (Intervals(may => may[ports] != usual && (anyBlocks is null || !may.IsAll)) is { Count: > 0 } intervals)
            {
                blocks[i] = Blocks(intervals);
            }
        }

        any = asked.HasOwnAny ? Hash($"{of.Name}-any") : null;
    }

    /// <summary>Peers that may use everything; null if there can be none.</summary>
    public NftSet? Any => any;

    /// <summary>Blocks that may use everything, where that is asked before the port; null if there are none.</summary>
    public NftSet? AnyBlocks => anyBlocks;

    /// <summary>Those that only this class has, without elements.</summary>
    public IEnumerable<NftSet> Own => [.. any is null ? [] : (NftSet[])[any], .. accepted.OfType<NftSet>(), .. denied.OfType<NftSet>()];

    /// <summary>Those of blocks, with their elements: whoever has the same blocks has the same set.</summary>
    public IEnumerable<NftSet> OfBlocks => [.. anyBlocks is null ? [] : (NftSet[])[anyBlocks], .. blocks.OfType<NftSet>()];

    /// <summary>Peers that may use a port class; null if no group can be among them, or the sets of the groups are asked.</summary>
    public NftSet? Accepted(int ports) => accepted[ports];

    /// <summary>Peers that may not use it although a block that they are in may; null if there can be none.</summary>
    public NftSet? Denied(int ports) => denied[ports];

    /// <summary>Blocks that are judged unlike the rest of the world and are not in <see cref="AnyBlocks"/>; null if there are none.</summary>
    public NftSet? Blocks(int ports) => blocks[ports];

    /// <summary>A name of at most 40 characters for what a text says.</summary>
    public static string NameOf(string kind, string text) => $"{kind}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8))}";

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
            // Where the sets of groups are asked the class has none of its own.
            if (may[i] != byBlocks[i] && (may[i] ? accepted[i] : denied[i]) is { } own)
            {
                into.Add(own);
            }
        }
    }

    private NftSet Blocks(List<SetElement> intervals) => new()
    {
        Name = NameOf("blocks", string.Join(' ', intervals.ConvertAll(static one => $"{one.Key}-{one.KeyEnd}"))),
        Key = [schema.Address],
        Flags = SetFlags.Interval,
        Elements = ValueList.From(intervals),
    };

    private NftSet Hash(string name) => new() { Name = name, Key = [schema.Address] };

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
