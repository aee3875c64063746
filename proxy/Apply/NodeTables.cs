using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;
using Podwire.Proxy.Verify;
using Podwire.Ruleset;

namespace Podwire.Proxy.Apply;

/// <summary>nftables mode: the proxy's tables on this node, one per family.</summary>
internal sealed class NodeTables : IServiceDataPlane
{
    private const string KubeProxyTable = "kube-proxy";
    private static readonly TableId[] Ours = [TableSchema.V4.Id, TableSchema.V6.Id];

    private readonly List<TableSync> tables = [];
    private readonly GenerationWatch generations;
    private readonly ProxyOptions options;
    private readonly ProxyKernel kernel;
    private readonly Action<SyncOutcome> repaired;
    private readonly ILogger logger;
    private int foreign;
    private int suspected;

    /// <summary>The tables of both families.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="repaired">Called after others' changes were undone.</param>
    /// <param name="logger">Where it is logged.</param>
    public NodeTables(ProxyOptions options, ProxyKernel kernel, Action<SyncOutcome> repaired, ILogger logger)
    {
        (this.options, this.kernel, this.repaired, this.logger) = (options, kernel, repaired, logger);
        generations = new(kernel.Nft);
        tables.Add(new(kernel.Nft, generations, IpFamily.V4, logger));
        tables.Add(new(kernel.Nft, generations, IpFamily.V6, logger));
    }

    /// <inheritdoc/>
    public ProxyMode Mode => ProxyMode.Nftables;

    /// <inheritdoc/>
    public bool NeedsEverything => tables.Any(static table => table.NeedsEverything);

    /// <summary>The model of a family; null before the first synchronisation.</summary>
    public TableModel? Model(IpFamily family) => tables.Find(table => table.Family == family)?.Model;

    /// <inheritdoc/>
    public IFrontendIndex? Frontends(IpFamily family) => Model(family);

    /// <inheritdoc/>
    public Task WatchAsync(Action<string> foreign, Action unsure, CancellationToken cancel)
    {
        void Suspect()
        {
            Interlocked.Exchange(ref suspected, 1);
            unsure();
        }

        var watch = new ForeignChangeWatch(
            kernel.OpenMonitor(),
            change => change.PortId != kernel.NftPort && change.Tables.Any(Ours.Contains),
            process =>
            {
                Interlocked.Exchange(ref this.foreign, 1);
                foreign(process);
            },
            Suspect,
            logger);
        // What happened between the first synchronisation and now was not announced.
        Suspect();
        return watch.RunAsync(cancel);
    }

    /// <inheritdoc/>
    /// <exception cref="SyncException">The kernel refused one of the tables; the others are done all the same.</exception>
    public IReadOnlyList<SyncOutcome> Sync(ProxySnapshot? snapshot, NodeState node)
    {
        var isForeign = Interlocked.Exchange(ref foreign, 0) != 0;
        var isSuspected = Interlocked.Exchange(ref suspected, 0) != 0 || snapshot is null;
        if (isForeign || (isSuspected && generations.TakeOthers()))
        {
            isForeign = true;
            tables.ForEach(static table => table.Distrust());
        }

        if (snapshot is not null && tables.TrueForAll(static table => table.NeedsEverything))
        {
            // The families have nothing in common but the socket: the second is compiled while the first is loaded.
            var there = kernel.ListTables();
            foreach (var table in tables[1..])
            {
                if (!there.Contains(TableSchema.Of(table.Family).Id))
                {
                    table.Begin(snapshot, TableSettings.Of(options, node, table.Family));
                }
            }
        }

        var outcomes = new List<SyncOutcome>();
        var failures = new List<SyncFailure>();
        foreach (var table in tables)
        {
            var wasVerified = table.IsVerified;
            try
            {
                var hadModel = !table.NeedsEverything;
                var began = Stopwatch.GetTimestamp();
                var outcome = table.Sync(snapshot, TableSettings.Of(options, node, table.Family)) with
                {
                    Family = table.Family,
                    Took = Stopwatch.GetElapsedTime(began),
                    NoLocalInternal = table.Model?.NoLocalInternal ?? 0,
                    NoLocalExternal = table.Model?.NoLocalExternal ?? 0,
                };
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
                failures.Add(new(table.Family, wasVerified, e));
            }
        }

        return failures.Count == 0 ? outcomes : throw new SyncException(failures);
    }

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public string Plan(ProxySnapshot snapshot) => string.Concat(tables.SelectMany(table => table.Plan(snapshot, TableSettings.Of(options, snapshot.Node, table.Family))).Select(NftText.Write));

    /// <inheritdoc/>
    public void Distrust() => tables.ForEach(static table => table.Distrust());

    /// <inheritdoc/>
    public bool IsPresent() => kernel.ListTables().Any(static id => Ours.Contains(id) || IsKubeProxys(id));

    /// <inheritdoc/>
    /// <remarks>Its rules hook in where ours do and would translate new connections to endpoints that nobody keeps up any more.</remarks>
    public bool RemovePredecessor()
    {
        var left = kernel.ListTables().Where(IsKubeProxys).ToList();
        foreach (var id in left)
        {
            kernel.Nft.Apply(RulesetDiff.Removing(id));
            generations.Committed(1);
        }

        return left.Count > 0;
    }

    /// <inheritdoc/>
    public void Remove(ProxyMode? successor)
    {
        tables.ForEach(static table => table.Remove());
        _ = RemovePredecessor();
    }

    /// <summary>What kube-proxy's nftables mode left.</summary>
    private static bool IsKubeProxys(TableId id) => id.Name == KubeProxyTable && id.Family is (TableFamily.Ip or TableFamily.Ip6);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The sockets are the kernel's.
    }
}
