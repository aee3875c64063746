using System.Diagnostics;
using Podwire.Ruleset;

namespace Podwire.NetPolicyBench;

/// <summary>Knows how long transactions took.</summary>
internal sealed class TimedNftables(INftables nft) : INftables
{
    public TimeSpan Spent { get; private set; }

    public uint GetGeneration() => nft.GetGeneration();

    public Table? ReadTable(TableId id) => nft.ReadTable(id);

    public void Apply(NftBatch batch, uint? generation = null)
    {
        var began = Stopwatch.GetTimestamp();
        nft.Apply(batch, generation);
        Spent += Stopwatch.GetElapsedTime(began);
    }
}
