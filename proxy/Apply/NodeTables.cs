using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.State;
using Podwire.Ruleset;

namespace Podwire.Proxy.Apply;

/// <summary>The proxy's tables on this node, one per family.</summary>
internal sealed class NodeTables
{
    private readonly List<TableSync> tables = [];
    private readonly GenerationWatch generations;
    private readonly Action<SyncOutcome> repaired;
    private readonly ILogger logger;
    private int foreign;
    private int suspected;

    /// <summary>The tables of both families.</summary>
    /// <param name="nft">The kernel's nftables.</param>
    /// <param name="repaired">Called after others' changes were undone.</param>
    /// <param name="logger">Where it is logged.</param>
    public NodeTables(INftables nft, Action<SyncOutcome> repaired, ILogger logger)
    {
        (this.repaired, this.logger) = (repaired, logger);
        generations = new(nft);
        tables.Add(new(nft, generations, IpFamily.V4, logger));
        tables.Add(new(nft, generations, IpFamily.V6, logger));
    }

    /// <summary>True if the next snapshot must name every Service.</summary>
    public bool NeedEverything => tables.Any(static table => table.NeedsEverything);

    /// <summary>The model of a family; null before the first synchronisation.</summary>
    public TableModel? Model(IpFamily family) => tables.Find(table => table.Family == family)?.Model;

    /// <summary>Somebody else changed one of the tables: the next synchronisation reads it back. Any thread.</summary>
    public void ForeignChange() => Interlocked.Exchange(ref foreign, 1);

    /// <summary>Somebody else may have changed something: the next synchronisation asks for the generation. Any thread.</summary>
    public void Suspect() => Interlocked.Exchange(ref suspected, 1);

    /// <summary>Brings the kernel up to a snapshot; a run without one checks whether others committed anything, and repairs.</summary>
    /// <exception cref="NftException">The kernel refused one of them; the others are done all the same.</exception>
    public IReadOnlyList<SyncOutcome> Sync(ProxySnapshot? snapshot, Func<IpFamily, TableSettings> settings)
    {
        var isForeign = Interlocked.Exchange(ref foreign, 0) != 0;
        var isSuspected = Interlocked.Exchange(ref suspected, 0) != 0 || snapshot is null;
        if (isForeign || (isSuspected && generations.TakeOthers()))
        {
            isForeign = true;
            tables.ForEach(static table => table.Distrust());
        }

        var outcomes = new List<SyncOutcome>();
        ExceptionDispatchInfo? failure = null;
        foreach (var table in tables)
        {
            try
            {
                var hadModel = !table.NeedsEverything;
                var outcome = table.Sync(snapshot, settings(table.Family));
                outcomes.Add(outcome);
                if (isForeign && hadModel && outcome.Batches > 0)
                {
                    ApplyLog.Repaired(logger, TableSchema.Of(table.Family).Id.ToString(), outcome.Elements);
                    repaired(outcome);
                }
            }
            catch (Exception e) when (e is NftException or IOException or Netlink.NetlinkException or Netlink.SyscallException)
            {
                // The other family must not miss this snapshot.
                failure ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        failure?.Throw();
        return outcomes;
    }

    /// <summary>Tells of every frontend that a changed Service asked for and an older one has.</summary>
    public void TellLostClaims(ProxySnapshot snapshot, Action<ServiceRecord, string> problem)
    {
        foreach (var table in tables)
        {
            foreach (var (loser, frontend, owner) in table.Model?.LostClaims(snapshot.Services.Keys) ?? [])
            {
                problem(loser, $"{frontend} is left out: {owner} is older and has it");
            }
        }
    }

    /// <summary>What would be sent for a snapshot that names every Service.</summary>
    public IEnumerable<NftBatch> Plan(ProxySnapshot snapshot, Func<IpFamily, TableSettings> settings) => tables.Select(table => table.Plan(snapshot, settings(table.Family)));

    /// <summary>Removes the tables.</summary>
    public void Remove() => tables.ForEach(static table => table.Remove());
}
