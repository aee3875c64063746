using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Apply;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.Config;
using Podwire.CniFlannel.Agent.State;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent;

/// <summary>
/// The agent's table of contents. Everything: nodes and underlay make a snapshot, the snapshot is compiled, the difference to the kernel is applied and
/// verified, and only then this node tells the others of itself. Where only some other nodes changed, the same for these alone.
/// </summary>
internal sealed class FlannelAgent : IDisposable
{
    // A proxy may rewrite the tables that our iptables rules share with it many times a second.
    private static readonly TimeSpan RuleInterval = TimeSpan.FromSeconds(1);

    private readonly FlannelOptions options;
    private readonly NetConf netConf;
    private readonly ObjectStore<Node> nodes;
    private readonly NodeKernel kernel;
    private readonly FlannelMetrics metrics;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly FlannelAnnotations names;
    private readonly IpFamily[] families;
    private readonly LeaseTable leases;
    private readonly VtepMacs macs;
    private readonly PeerIndex index = new();
    private readonly DeviceMaker devices;
    private readonly OverlayApplier applier;
    private readonly RuleKeeper rules;
    private readonly NodeAnnouncer announcer;
    private readonly PeerReport report;
    private readonly KernelWatch watch;
    private readonly ReconcileLoop loop;
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool wholeDue = true;
    private volatile bool rulesDue;
    private long rulesChecked;
    private FlannelSnapshot? programmed;
    private string? waiting;

    public FlannelAgent(FlannelOptions options, NetConf netConf, ObjectStore<Node> nodes, NodeKernel kernel, INodeRegistration registration, FlannelMetrics metrics, ILogger logger, TimeProvider time)
    {
        this.options = options;
        this.netConf = netConf;
        this.nodes = nodes;
        this.kernel = kernel;
        this.metrics = metrics;
        this.logger = logger;
        this.time = time;
        names = new FlannelAnnotations(options.AnnotationPrefix);
        families = [.. netConf.Families];
        leases = new LeaseTable(options.NodeName, families, names);
        macs = new VtepMacs(netConf, names);
        devices = new DeviceMaker(kernel, logger, WholeIsDue);
        applier = new OverlayApplier(kernel, index, devices, logger);
        rules = new RuleKeeper(kernel, options, netConf.EnableNftables, logger);
        announcer = new NodeAnnouncer(options, netConf, names, registration, logger);
        report = new PeerReport(nodes, options.NodeName, registration, logger);
        loop = new ReconcileLoop(ReconcileAsync, new ReconcileLoopOptions
        {
            Name = "flannel",
            MinInterval = TimeSpan.FromMilliseconds(20),
            MaxInterval = Shorter(options.Resync, SdNotify.WatchdogInterval / 2),
            Retry = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10), 0.2),
            Time = time,
            Logger = logger,
        });
        index.Blackholes = options.BlackholeRoute;
        watch = new KernelWatch(kernel, netConf, index, rules, WholeIsDue, RulesAreDue, logger);
        metrics.Watch(() => devices.Forwarder);
    }

    /// <summary>Completes when everything was programmed for the first time and subnet.env is there.</summary>
    public Task Ready => ready.Task;

    /// <summary>How often everything was compared, and how often single nodes were changed.</summary>
    public (long Whole, long Nodes) Runs { get; private set; }

    /// <summary>True if the udp back end's forwarder works and knows so many other nodes.</summary>
    public bool Carries(int peers) => devices.Forwarder is { IsRunning: true } && index.Tunnels().Count == peers;

    /// <summary>Null, or why this node is not ready.</summary>
    public string? Problem => loop.Health is { Failures: > 0, LastError: var error } ? error : ready.Task.IsCompleted ? null : waiting ?? "starting";

    /// <summary>Runs until cancelled. Nothing is programmed before the nodes are known; nothing that works without this process is taken down at the end.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var subscription = nodes.Subscribe(OnNode);
        await nodes.WaitForSyncAsync(cancel).ConfigureAwait(false);
        loop.Signal();
        await loop.RunAsync(cancel).ConfigureAwait(false);
        await watch.Completion.ConfigureAwait(false);
    }

    /// <summary>Ends what only this process carries: the udp back end.</summary>
    public void Dispose() => devices.Dispose();

    private static TimeSpan Shorter(TimeSpan resync, TimeSpan? watchdog) => watchdog is { } limit && limit < resync ? limit : resync;

    private void WholeIsDue()
    {
        wholeDue = true;
        loop.Signal();
    }

    private void RulesAreDue()
    {
        rulesDue = true;
        loop.Signal();
    }

    private void OnNode(ObjectChange<Node> change)
    {
        if (change.Key.Name == options.NodeName)
        {
            if (OwnFacts(change.Old) != OwnFacts(change.New))
            {
                WholeIsDue();
            }
        }
        else if (leases.Update(change))
        {
            loop.Signal();
        }
    }

    /// <summary>What of this node's own object matters here; its health reports do not.</summary>
    private string OwnFacts(Node? self)
    {
        if (self is null)
        {
            return string.Empty;
        }

        var facts = new List<string>();
        foreach (var (name, value) in self.Metadata.Annotations)
        {
            if (names.Has(name))
            {
                facts.Add($"{name}={value}");
            }
        }

        facts.Sort(StringComparer.Ordinal);
        facts.Add(self.Spec.PodCIDR ?? string.Empty);
        facts.AddRange(self.Spec.PodCIDRs);
        facts.Add(self.Status.Conditions.Exists(static condition => condition is { Type: "NetworkUnavailable", Status: "False" }) ? "available" : string.Empty);
        return string.Join('\n', facts);
    }

    private async Task ReconcileAsync(CancellationToken cancel)
    {
        SdNotify.Watchdog();
        try
        {
            if (!wholeDue && programmed is { } snapshot && TryPeers(snapshot))
            {
                CheckRules(snapshot);
                return;
            }

            await WholeAsync(cancel).ConfigureAwait(false);
        }
        catch
        {
            // What was cached of the kernel may be wrong.
            wholeDue = true;
            throw;
        }
    }

    private async Task WholeAsync(CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        wholeDue = false;
        rulesDue = false;
        leases.TakeChanged();
        if (nodes.Get(null, options.NodeName) is not { } self)
        {
            Wait($"the API server has no node {options.NodeName}");
            return;
        }

        if (Subnets(self) is not { } subnets)
        {
            return;
        }

        var snapshot = Snapshot(self, subnets);
        var desired = OverlayCompiler.Compile(snapshot);
        report.Whole(desired.Refused, leases.Problems());
        report.Overlap(snapshot);
        var changed = Program(snapshot, desired, cancel);
        programmed = snapshot with { Peers = new Dictionary<IpFamily, IReadOnlyList<NodeLease>>() };
        await announcer.AnnotateAsync(self, snapshot, cancel).ConfigureAwait(false);
        if (SubnetFile.Write(options.SubnetFile, SubnetFile.Text(snapshot, desired.PodMtu, options.IpMasq)))
        {
            FlannelLog.SubnetFileWritten(logger, options.SubnetFile);
        }

        await announcer.SetAvailableAsync(self, cancel).ConfigureAwait(false);
        metrics.Synced(leases.Count - report.Count, report.Count, changed, time.GetElapsedTime(began));
        Runs = (Runs.Whole + 1, Runs.Nodes);
        waiting = null;
        if (ready.TrySetResult())
        {
            // The first list and the first comparison leave many times what is kept; from here on little is allocated, and nobody else would give it back.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            FlannelLog.Ready(logger, leases.Count - report.Count, string.Join(", ", subnets.Values), snapshot.Underlay.Name, desired.PodMtu);
        }
    }

    /// <summary>The changed nodes alone; false if only a whole run can tell who is served.</summary>
    private bool TryPeers(FlannelSnapshot snapshot)
    {
        var changed = leases.TakeChanged();
        if (changed.Count == 0)
        {
            return true;
        }

        if (netConf.Backend.Type == BackendType.Alloc)
        {
            return true;
        }

        var began = time.GetTimestamp();
        var peers = new Dictionary<IpFamily, IReadOnlyList<NodeLease>>();
        foreach (var family in families)
        {
            var found = new List<NodeLease>(changed.Count);
            foreach (var name in changed)
            {
                if (leases.Find(name, family) is { } lease)
                {
                    found.Add(lease);
                }
            }

            peers.Add(family, found);
        }

        var desired = OverlayCompiler.Compile(snapshot with { Peers = peers });
        var plans = PeerIndex.PlansOf(desired);
        var changes = new List<(string, IpFamily, PeerPlan, PeerPlan)>();
        foreach (var name in changed)
        {
            foreach (var family in families)
            {
                var plan = plans.GetValueOrDefault((name, family));
                if (index.IsContested || index.Collides(name, family, plan))
                {
                    return false;
                }

                changes.Add((name, family, index.Find(name, family), plan));
            }
        }

        if (desired.Refused.Any(static peer => peer.Contested))
        {
            return false;
        }

        report.Some(changed, desired.Refused, leases.Problems(changed));
        var count = applier.Apply(changes);
        metrics.Synced(leases.Count - report.Count, report.Count, count, time.GetElapsedTime(began));
        Runs = (Runs.Whole, Runs.Nodes + 1);
        return true;
    }

    /// <summary>After a notification, and at --iptables-resync: not every kind of iptables is announced.</summary>
    private void CheckRules(FlannelSnapshot snapshot)
    {
        var passed = time.GetElapsedTime(rulesChecked);
        if (passed < (rulesDue ? rules.ByIptables ? RuleInterval : TimeSpan.Zero : options.Resync))
        {
            if (rulesDue)
            {
                _ = Task.Delay(RuleInterval - passed, time).ContinueWith(_ => loop.Signal(), TaskScheduler.Default);
            }

            return;
        }

        rulesDue = false;
        rulesChecked = time.GetTimestamp();
        metrics.Changed(rules.Ensure(snapshot));
    }

    private Dictionary<IpFamily, IpPrefix>? Subnets(Node self)
    {
        var subnets = new Dictionary<IpFamily, IpPrefix>();
        foreach (var family in families)
        {
            if (NodeLease.SubnetOf(self, family) is not { } subnet)
            {
                Wait($"node {options.NodeName} has no IP{family.ToString().ToLowerInvariant()} pod CIDR yet");
                return null;
            }

            if (!netConf.Network(family).Contains(subnet))
            {
                throw new OverlayException($"the pod CIDR {subnet} of node {options.NodeName} lies outside the network {netConf.Network(family)} of net-conf.json");
            }

            subnets.Add(family, subnet);
        }

        return subnets;
    }

    private FlannelSnapshot Snapshot(Node self, Dictionary<IpFamily, IpPrefix> subnets)
    {
        var peers = new Dictionary<IpFamily, IReadOnlyList<NodeLease>>();
        foreach (var family in families)
        {
            peers.Add(family, leases.Leases(family));
        }

        return new()
        {
            NetConf = netConf,
            Node = options.NodeName,
            Underlay = UnderlayFinder.Find(kernel.Route, options, families),
            Subnets = subnets,
            VtepMacs = macs.Of(self, kernel.Route),
            Peers = peers,
        };
    }

    private int Program(FlannelSnapshot snapshot, OverlayState desired, CancellationToken cancel)
    {
        foreach (var family in families)
        {
            kernel.TrySetSysctl(family == IpFamily.V4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding", "1");
        }

        // With alloc someone else routes; what is there of links and routes is not looked at.
        var changed = 0;
        if (netConf.Backend.Type != BackendType.Alloc)
        {
            // The first changes are not listened to; what is read after them is.
            var began = time.GetTimestamp();
            changed = applier.Apply(snapshot, desired, watch.IsListening ? null : () => watch.Start(cancel));
            metrics.Programmed(time.GetElapsedTime(began));
        }

        watch.Start(cancel);
        rulesChecked = time.GetTimestamp();
        return changed + BlackholeRoutes.Ensure(kernel.Route, snapshot, options.BlackholeRoute) + rules.Ensure(snapshot);
    }

    private void Wait(string reason)
    {
        if (waiting != reason)
        {
            waiting = reason;
            report.Waits(reason);
        }
    }
}
