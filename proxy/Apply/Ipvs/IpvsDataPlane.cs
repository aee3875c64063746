using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.Netlink;
using Podwire.Netlink.Ipvs;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>Mode IPVS: virtual services over generic netlink, Service addresses on kube-ipvs0, kube-proxy's ipsets, and one iptables-restore of fixed chains.</summary>
internal sealed class IpvsDataPlane : IServiceDataPlane
{
    private static readonly TimeSpan DrainInterval = TimeSpan.FromSeconds(5);

    private readonly ProxyOptions options;
    private readonly ProxyKernel node;
    private readonly Action<SyncOutcome> repaired;
    private readonly ILogger logger;
    private readonly TimeProvider clock;
    private readonly IptablesPrograms programs;
    private readonly List<IpvsSync> families = [];
    private IpvsKernel? kernel;
    private IReadOnlyList<IpAddress> nodeAddresses = [];
    private int foreign;
    private int addressesMoved = 1;
    private long verifiedAt;

    /// <summary>Both families, as far as the namespace has them. The kernel is touched by the first synchronisation.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="node">The kernel.</param>
    /// <param name="repaired">Called after others' changes were undone.</param>
    /// <param name="logger">Where it is logged.</param>
    /// <param name="clock">Says when everything is to be read back again.</param>
    public IpvsDataPlane(ProxyOptions options, ProxyKernel node, Action<SyncOutcome> repaired, ILogger logger, TimeProvider? clock = null)
    {
        (this.options, this.node, this.repaired, this.logger, this.clock) = (options, node, repaired, logger, clock ?? TimeProvider.System);
        programs = new(node.Namespace);
    }

    /// <inheritdoc/>
    public ProxyMode Mode => ProxyMode.Ipvs;

    /// <inheritdoc/>
    public bool NeedsEverything => families.Count == 0 || families.Exists(static family => family.Model is null);

    /// <summary>The model of a family; null before the first synchronisation.</summary>
    public IpvsModel? Model(IpFamily family) => families.Find(sync => sync.Family == family)?.Model;

    /// <inheritdoc/>
    public IFrontendIndex? Frontends(IpFamily family) => Model(family);

    /// <inheritdoc/>
    public void Distrust() => families.ForEach(static family => family.Distrust());

    /// <inheritdoc/>
    /// <exception cref="IpvsMissingException">The kernel lacks something.</exception>
    /// <exception cref="SyncException">A family was refused; the other is done all the same.</exception>
    public IReadOnlyList<SyncOutcome> Sync(ProxySnapshot? snapshot, NodeState state)
    {
        Open();
        var wasForeign = Interlocked.Exchange(ref foreign, 0) != 0;
        // IPVS and ipset tell nobody: what others did there is found by looking, once per period.
        var isDue = clock.GetElapsedTime(verifiedAt) >= options.SyncPeriod * 0.9;
        if (wasForeign || isDue)
        {
            Distrust();
        }

        if (Interlocked.Exchange(ref addressesMoved, 0) != 0 || isDue)
        {
            nodeAddresses = kernel!.ReadNodeAddresses();
        }

        var outcomes = new List<SyncOutcome>();
        var failures = new List<SyncFailure>();
        foreach (var family in families)
        {
            var wasVerified = family.IsVerified;
            try
            {
                var wasLooking = snapshot is null && family.Model is not null && (wasForeign || isDue);
                var settings = IpvsSettings.Of(options, state, family.Family, nodeAddresses);
                var sameSettings = settings.Equals(family.Model?.Settings);
                var began = Stopwatch.GetTimestamp();
                var outcome = family.Sync(snapshot, state, settings) with { Family = family.Family, Took = Stopwatch.GetElapsedTime(began) };
                outcomes.Add(outcome);
                if (wasLooking && sameSettings && outcome is { Batches: > 0, Elements: > 0 })
                {
                    IpvsLog.Repaired(logger, family.Family == IpFamily.V4 ? "IPv4" : "IPv6", outcome.Elements);
                    repaired(outcome);
                }
            }
            catch (Exception e) when (e is NetlinkException or SyscallException or IptablesException or IOException)
            {
                // The other family must not miss this snapshot.
                family.Distrust();
                failures.Add(new(family.Family, wasVerified, e));
            }
        }

        if (wasForeign || isDue)
        {
            verifiedAt = clock.GetTimestamp();
        }

        return failures.Count == 0 ? outcomes : throw new SyncException(failures);
    }

    /// <summary>What the kernel has otherwise than the models, as text; for a look from outside while nothing is being synchronised.</summary>
    public string Difference()
    {
        using var reader = IpvsKernel.Open(node.Namespace);
        return string.Concat(families.Select(family => family.Difference(reader)));
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
    public string Plan(ProxySnapshot snapshot)
    {
        OpenKernel();
        var local = kernel!.ReadNodeAddresses();
        return string.Concat(families.Select(family =>
        {
            var text = family.Plan(snapshot, IpvsSettings.Of(options, snapshot.Node, family.Family, local));
            return text.Length == 0 ? text : $"# {(family.Family == IpFamily.V4 ? "IPv4" : "IPv6")}\n{text}";
        }));
    }

    /// <inheritdoc/>
    public async Task WatchAsync(Action<string> foreign, Action unsure, CancellationToken cancel)
    {
        void Foreign()
        {
            Interlocked.Exchange(ref this.foreign, 1);
            foreign("somebody");
        }

        void Seen(RouteNotification notification)
        {
            switch (notification)
            {
                case RouteNotification.OfAddress changed when changed.Address.InterfaceIndex == kernel!.DeviceIndex:
                    // An announcement that says what shall be is of the proxy's own change.
                    if (kernel.Expects(changed.Address.Prefix.Address) == changed.Removed && !changed.Address.Prefix.Address.IsLinkLocal)
                    {
                        Foreign();
                    }

                    break;
                case RouteNotification.OfLink { Removed: true } gone when gone.Link.Name == IpvsKernel.Device:
                    Foreign();
                    break;
                case RouteNotification.OfAddress:
                    Interlocked.Exchange(ref addressesMoved, 1);
                    unsure();
                    break;
                case RouteNotification.Lost:
                    Interlocked.Exchange(ref addressesMoved, 1);
                    Interlocked.Exchange(ref this.foreign, 1);
                    unsure();
                    break;
            }
        }

        var watch = new IpvsAddressWatch(RouteMonitor.Open(node.Namespace, RouteGroups.AddressV4 | RouteGroups.AddressV6 | RouteGroups.Link), Seen).RunAsync(cancel);
        // What happened between the first synchronisation and now was not announced.
        Interlocked.Exchange(ref addressesMoved, 1);
        Interlocked.Exchange(ref this.foreign, 1);
        unsure();
        using var timer = new PeriodicTimer(DrainInterval, clock);
        var draining = Task.Run(
            async () =>
            {
                while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
                {
                    if (families.Exists(static family => family.IsDraining))
                    {
                        unsure();
                    }
                }
            },
            cancel);
        await Task.WhenAny(watch, draining).Unwrap().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public bool IsPresent()
    {
        if (!TryOpenKernel())
        {
            return false;
        }

        return kernel!.IsPresent() || Families().Any(family => programs.Exist && IpvsChainsDiff.IsPresent(programs.List(family)));
    }

    /// <inheritdoc/>
    public void Remove(ProxyMode? successor)
    {
        if (!TryOpenKernel() || !IsPresent())
        {
            return;
        }

        foreach (var family in Families())
        {
            var change = IpvsChainsDiff.Removing(programs.List(family), keepShared: successor == ProxyMode.Iptables);
            if (!change.IsEmpty)
            {
                programs.Restore(family, change.ToRestoreText());
            }
        }

        families.Clear();
        if (successor is not null && kernel!.RemoveIdle(options.Ipvs.ExcludeCidrs) is > 0 and var busy)
        {
            IpvsLog.Busy(logger, busy);
            return;
        }

        kernel!.RemoveAll(options.Ipvs.ExcludeCidrs);
        IpvsLog.Removed(logger);
    }

    /// <inheritdoc/>
    public void Dispose() => kernel?.Dispose();

    private IEnumerable<IpFamily> Families() => ((IpFamily[])[IpFamily.V4, IpFamily.V6]).Where(programs.Has);

    private void Open()
    {
        if (families.Count > 0)
        {
            return;
        }

        OpenKernel();
        IpvsSysctls.Ensure(node.Namespace, options.Ipvs, logger);
        if (options.Ipvs is { TcpTimeout.Ticks: > 0 } or { TcpFinTimeout.Ticks: > 0 } or { UdpTimeout.Ticks: > 0 })
        {
            kernel!.Ipvs.SetTimeouts(new((uint)options.Ipvs.TcpTimeout.TotalSeconds, (uint)options.Ipvs.TcpFinTimeout.TotalSeconds, (uint)options.Ipvs.UdpTimeout.TotalSeconds));
        }
    }

    private void OpenKernel()
    {
        if (families.Count > 0)
        {
            return;
        }

        if (kernel is null && IpvsPrerequisites.Missing(node.Namespace, options.Ipvs.Scheduler) is { } missing)
        {
            throw new IpvsMissingException(missing);
        }

        kernel ??= IpvsKernel.Open(node.Namespace);
        foreach (var family in Families())
        {
            families.Add(new(kernel, programs, family, options.Ipvs.ExcludeCidrs, logger));
        }
    }

    private bool TryOpenKernel()
    {
        if (kernel is null && IpvsSocket.TryOpen(node.Namespace, out var probe))
        {
            probe.Dispose();
            kernel = IpvsKernel.Open(node.Namespace);
        }

        return kernel is not null;
    }
}
