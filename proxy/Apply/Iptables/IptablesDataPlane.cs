using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Config;
using Podwire.Proxy.Explain;
using Podwire.Proxy.State;
using Podwire.Proxy.Verify;
using Podwire.Ruleset;

namespace Podwire.Proxy.Apply.Iptables;

/// <summary>Mode iptables: the chains of kube-proxy, one iptables-restore per family and change.</summary>
internal sealed class IptablesDataPlane : IServiceDataPlane
{
    private const string RouteLocalnet = "net/ipv4/conf/all/route_localnet";
    private static readonly string[] BuiltIn = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

    private readonly ProxyOptions options;
    private readonly ProxyKernel kernel;
    private readonly Action<SyncOutcome> repaired;
    private readonly ILogger logger;
    private readonly IptablesPrograms programs;
    private readonly List<IptablesSync> families = [];
    private int foreign;

    /// <summary>Both families, as far as the namespace has them.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="repaired">Called after others' changes were undone.</param>
    /// <param name="logger">Where it is logged.</param>
    /// <param name="variant">Which iptables.</param>
    public IptablesDataPlane(ProxyOptions options, ProxyKernel kernel, Action<SyncOutcome> repaired, ILogger logger, IptablesVariant variant = IptablesVariant.Default)
    {
        (this.options, this.kernel, this.repaired, this.logger) = (options, kernel, repaired, logger);
        programs = new(kernel.Namespace, variant);
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            if (programs.Has(family))
            {
                families.Add(new(programs, family, logger));
            }
        }
    }

    /// <inheritdoc/>
    public ProxyMode Mode => ProxyMode.Iptables;

    /// <inheritdoc/>
    public bool NeedsEverything => families.Any(static family => family.Model is null);

    /// <summary>The model of a family; null before the first synchronisation.</summary>
    public IptablesModel? Model(IpFamily family) => families.Find(sync => sync.Family == family)?.Model;

    /// <inheritdoc/>
    public IFrontendIndex? Frontends(IpFamily family) => Model(family);

    /// <inheritdoc/>
    public void Distrust() => families.ForEach(static family => family.Distrust());

    /// <inheritdoc/>
    /// <exception cref="SyncException">iptables-restore refused one of the families; the other is done all the same.</exception>
    public IReadOnlyList<SyncOutcome> Sync(ProxySnapshot? snapshot, NodeState node)
    {
        var isForeign = Interlocked.Exchange(ref foreign, 0) != 0;
        if (isForeign)
        {
            Distrust();
        }

        var outcomes = new List<SyncOutcome>();
        var failures = new List<SyncFailure>();
        foreach (var family in families)
        {
            var wasVerified = family.IsVerified;
            try
            {
                var hadModel = family.Model is not null;
                var began = Stopwatch.GetTimestamp();
                var outcome = family.Sync(snapshot, IptablesSettings.Of(options, node, family.Family)) with { Family = family.Family, Took = Stopwatch.GetElapsedTime(began) };
                outcomes.Add(outcome);
                if (isForeign && hadModel && outcome.Batches > 0)
                {
                    IptablesLog.Repaired(logger, family.Family == IpFamily.V4 ? "iptables" : "ip6tables", outcome.Elements);
                    repaired(outcome);
                }
            }
            catch (Exception e) when (e is IptablesException or IOException)
            {
                // The other family must not miss this snapshot.
                family.Distrust();
                failures.Add(new(family.Family, wasVerified, e));
            }
        }

        if (snapshot is not null && failures.Count == 0 && IptablesSettings.UsesLocalhost(options) && kernel.Namespace.ReadSysctl(RouteLocalnet) != "1")
        {
            // Only now: KUBE-FIREWALL, which keeps neighbours away from 127.0.0.1, is in place.
            kernel.Namespace.WriteSysctl(RouteLocalnet, "1");
        }

        return failures.Count == 0 ? outcomes : throw new SyncException(failures);
    }

    /// <inheritdoc/>
    public void TellLostClaims(ProxySnapshot snapshot, Action<ServiceRecord, string> problem)
    {
        foreach (var family in families)
        {
            foreach (var (loser, frontend, owner) in family.Model?.LostClaims(snapshot.Services.Keys) ?? [])
            {
                problem(loser, $"{frontend} is left out: {owner} is older and has it");
            }
        }
    }

    /// <inheritdoc/>
    public string Plan(ProxySnapshot snapshot) => string.Concat(families.Select(family =>
    {
        var text = family.Plan(snapshot, IptablesSettings.Of(options, snapshot.Node, family.Family));
        return text.Length == 0 ? text : $"# {(family.Family == IpFamily.V4 ? "iptables" : "ip6tables")}-restore --noflush\n{text}";
    }));

    /// <inheritdoc/>
    public Task WatchAsync(Action<string> foreign, Action unsure, CancellationToken cancel)
    {
        void Suspect()
        {
            Interlocked.Exchange(ref this.foreign, 1);
            unsure();
        }

        if (programs.IsLegacy)
        {
            return new IptablesCanary(
                programs,
                options.SyncPeriod,
                () =>
                {
                    Interlocked.Exchange(ref this.foreign, 1);
                    foreign("somebody");
                },
                logger).RunAsync(cancel);
        }

        return new ForeignChangeWatch(
            kernel.OpenMonitor(),
            change => !programs.IsOwn(change.PortId) && change.Chains.Any(static touched => IsOurs(touched.Table, touched.Chain)),
            process =>
            {
                Interlocked.Exchange(ref this.foreign, 1);
                foreign(process);
            },
            Suspect,
            logger).RunAsync(cancel);
    }

    /// <inheritdoc/>
    public bool IsPresent() => (HasNftChains() || programs.HasLegacyTables) && programs.Variants().Any(variant => families.Any(family => !IptablesDiff.Removing(variant.List(family.Family)).IsEmpty));

    /// <inheritdoc/>
    public void Remove(ProxyMode? successor)
    {
        if (IptablesTrace.MayHaveLeftovers(kernel))
        {
            IptablesTrace.RemoveLeftovers(kernel.Namespace);
        }

        foreach (var others in programs.Variants())
        {
            foreach (var family in families)
            {
                var change = IptablesDiff.Removing(others.List(family.Family), keepShared: successor == ProxyMode.Ipvs);
                if (change.IsEmpty)
                {
                    continue;
                }

                if (change.Deleted.Contains((IptablesTable.Filter, KubeChains.Firewall)) && family.Family == IpFamily.V4 && kernel.Namespace.ReadSysctl(RouteLocalnet) == "1")
                {
                    // Without KUBE-FIREWALL neighbours would reach what listens at 127.0.0.1.
                    kernel.Namespace.WriteSysctl(RouteLocalnet, "0");
                }

                others.Restore(family.Family, change.ToRestoreText());
                IptablesLog.Removed(logger, others.Variant, family.Family == IpFamily.V4 ? "iptables" : "ip6tables", change.LineCount);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The sockets are the kernel's.
    }

    private static bool IsOurs(TableId table, string chain) => table.Family is TableFamily.Ip or TableFamily.Ip6
        && table.Name is "filter" or "nat" or "mangle"
        && (BuiltIn.Contains(chain) || chain.StartsWith("KUBE-", StringComparison.Ordinal));

    /// <summary>Asks the kernel, so that other modes need not start a program to find out that there is nothing.</summary>
    private bool HasNftChains() => kernel.ListTables().Any(table => table is { Family: TableFamily.Ip or TableFamily.Ip6, Name: "filter" or "nat" or "mangle" }
        && ((string[])[KubeChains.Canary, KubeChains.Services, KubeChains.Postrouting, KubeChains.Forward]).Any(chain => kernel.HasChain(table, chain)));
}
