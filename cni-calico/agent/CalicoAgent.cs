using Microsoft.Extensions.Logging;
using Podwire.CniCalico.Agent.Apply;
using Podwire.CniCalico.Agent.Compile;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Agent.Watch;
using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent;

/// <summary>
/// The agent's table of contents: the cluster's objects make a snapshot, the snapshot is compiled into routes, rules and the speaker's configuration, and
/// these are applied. The other nodes are told of this one once its addresses are known.
/// </summary>
internal sealed class CalicoAgent : IDisposable
{
    private readonly CalicoOptions options;
    private readonly KubeClient client;
    private readonly EventRecorder events;
    private readonly CalicoMetrics metrics;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly RouteKeeper routes;
    private readonly NatKeeper nat = new();
    private readonly SpeakerKeeper speaker;
    private readonly NodeAnnouncer announcer;
    private readonly SessionWatch sessions;
    private readonly ReconcileLoop loop;
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HashSet<Problem> told = [];
    private string? waiting;

    // The node's annotation that was named last.
    private string? nonsense;
    private int warnedMesh;

    public CalicoAgent(CalicoOptions options, KubeClient client, EventRecorder events, CalicoMetrics metrics, ILogger logger, TimeProvider time)
    {
        (this.options, this.client, this.events, this.metrics, this.logger, this.time) = (options, client, events, metrics, logger, time);
        loop = new ReconcileLoop(ReconcileAsync, new ReconcileLoopOptions
        {
            Name = "calico",
            MinInterval = TimeSpan.FromMilliseconds(5),
            MaxInterval = SdNotify.WatchdogInterval / 2 is { } limit && limit < options.Resync ? limit : options.Resync,
            Retry = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10), 0.2),
            Time = time,
            Logger = logger,
        });
        Watch = new ClusterWatch(client, options.NodeName, logger, loop.Signal);
        Allocator = new AddressAllocator(client, options.NodeName, Watch);
        Allocator.Changed += loop.Signal;
        routes = new RouteKeeper(options.NodeName, logger);
        speaker = new SpeakerKeeper(logger);
        announcer = new NodeAnnouncer(client, logger);
        sessions = new SessionWatch(speaker.Sessions, options.SessionGrace, events, logger, time);
        Status = new StatusKeeper(client, Watch, sessions, options.NodeName, logger, time);
    }

    /// <summary>The cluster's objects.</summary>
    public ClusterWatch Watch { get; }

    /// <summary>The addresses.</summary>
    public AddressAllocator Allocator { get; }

    /// <summary>What objects' status says.</summary>
    public StatusKeeper Status { get; }

    /// <summary>Completes when everything was programmed for the first time.</summary>
    public Task Ready => ready.Task;

    /// <summary>Null, or why this node is not ready.</summary>
    public string? Problem => loop.Health is { Failures: > 0, LastError: var error } ? error : ready.Task.IsCompleted ? null : waiting ?? "podwire-calico is starting";

    /// <summary>Runs until cancelled; the data path stays up.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await Watch.WaitForSyncAsync(cancel).ConfigureAwait(false);
        await StartAllocatorAsync(cancel).ConfigureAwait(false);

        // Before the first look at the kernel: what changes after it is told.
        new KernelWatch(routes, nat, loop.Signal, logger).Start(cancel);
        loop.Signal();
        await loop.RunAsync(cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        speaker.Dispose();
        nat.Dispose();
        routes.Dispose();
        Allocator.Dispose();
        Status.Dispose();
    }

    private static IpAddress Annotated(Node self, string name) => self.Metadata.Annotations.TryGetValue(name, out var text) && IpAddress.TryParse(text, out var address) ? address : default;

    private async Task StartAllocatorAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await Allocator.StartAsync(cancel).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException or TimeoutException)
            {
                Wait(e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task ReconcileAsync(CancellationToken cancel)
    {
        SdNotify.Watchdog();
        var began = time.GetTimestamp();
        if (Watch.Nodes.Get(null, options.NodeName) is not { } self)
        {
            Wait($"the API server has no node {options.NodeName}");
            return;
        }

        if (Own(self) is not var (record, underlay))
        {
            return;
        }

        var generations = Status.Generations();
        var snapshot = Snapshot(record, cancel) with { Link = routes.NameOf(underlay) };
        var bgp = SpeakerCompiler.Compile(snapshot)!;
        var plan = RouteCompiler.Compile(snapshot);
        plan = plan with { Routes = [.. plan.Routes, .. bgp.Ways] };
        var ipip = await TunnelAddressAsync(self, plan.NeedsIpip, "ipip", NodeRecord.IpipAnnotation, cancel).ConfigureAwait(false);
        var vxlan = await TunnelAddressAsync(self, plan.NeedsVxlan, "vxlan", NodeRecord.VxlanAnnotation, cancel).ConfigureAwait(false);
        var mtu = routes.PodMtu(underlay, plan);
        WriteFiles(mtu);
        var changed = routes.Ensure(plan, record.V4.Address, underlay, ipip, vxlan) + nat.Ensure(snapshot);
        if (speaker.Ensure(bgp))
        {
            changed++;
            CalicoLog.SpeakerChanged(logger, bgp.MeshSize);
        }

        Tell(bgp, plan, snapshot, generations);
        await AnnounceAsync(self, record, plan, ipip, vxlan, cancel).ConfigureAwait(false);
        metrics.Synced(snapshot.OwnBlocks.Count, snapshot.Borrowed.Count, told.Count, changed, time.GetElapsedTime(began));
        waiting = null;
        if (ready.TrySetResult())
        {
            CalicoLog.Ready(logger, record.V4, snapshot.OwnBlocks.Count, mtu);
        }
    }

    private async Task AnnounceAsync(Node self, NodeRecord record, RoutePlan plan, IpAddress ipip, IpAddress vxlan, CancellationToken cancel)
    {
        var annotations = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [NodeRecord.AddressV4Annotation] = record.V4.ToString(),
            [NodeRecord.IpipAnnotation] = ipip.IsNone ? null : ipip.ToString(),
            [NodeRecord.VxlanAnnotation] = vxlan.IsNone ? null : vxlan.ToString(),
            [NodeRecord.VxlanMacAnnotation] = plan.NeedsVxlan ? CalicoNames.VxlanMac(options.NodeName).ToString() : null,
        };
        if (!record.V6.IsNone)
        {
            annotations[NodeRecord.AddressV6Annotation] = record.V6.ToString();
        }

        await announcer.AnnotateAsync(self, annotations, cancel).ConfigureAwait(false);
        await announcer.SetAvailableAsync(self, time, cancel).ConfigureAwait(false);
    }

    /// <summary>This node as its links have it: the annotation's address if a link has that, or else the Node's internal one.</summary>
    private (NodeRecord Record, int Underlay)? Own(Node self)
    {
        var record = NodeRecord.Read(self);
        if (record.Problem != nonsense && record.Problem is { } problem)
        {
            CalicoLog.ObjectRefused(logger, "Node", options.NodeName, problem);
            events.Warning(self, "CalicoObjectRefused", problem);
        }

        nonsense = record.Problem;

        var found = Find(record.V4.Address, self, IpFamily.V4);
        if (found is not { } v4)
        {
            Wait($"node {options.NodeName} has no IPv4 address that is on one of its links (status.addresses InternalIP)");
            return null;
        }

        return (record with { V4 = v4.Address, V6 = Find(record.V6.Address, self, IpFamily.V6)?.Address ?? default }, v4.Index);
    }

    private (int Index, IpPrefix Address)? Find(IpAddress annotated, Node self, IpFamily family)
    {
        if (!annotated.IsNone && routes.LinkOf(annotated) is { } there)
        {
            return there;
        }

        foreach (var entry in self.Status.Addresses)
        {
            if (entry.Type == "InternalIP" && IpAddress.TryParse(entry.Address, out var address) && address.Family == family && routes.LinkOf(address) is { } link)
            {
                return link;
            }
        }

        return null;
    }

    private CalicoSnapshot Snapshot(NodeRecord self, CancellationToken cancel)
    {
        var bgp = Watch.Bgp();
        var blocks = new List<BlockRecord>();
        var borrowed = new HashSet<IpAddress>(Allocator.Borrowed);
        foreach (var block in Watch.Blocks.List())
        {
            if (BlockRecord.Read(block) is not { } record)
            {
                continue;
            }

            blocks.Add(record);
            foreach (var (address, at) in record.Elsewhere)
            {
                if (at == options.NodeName)
                {
                    borrowed.Add(address);
                }
            }
        }

        var filters = new Dictionary<string, BgpFilter>(StringComparer.Ordinal);
        foreach (var filter in Watch.Filters.List())
        {
            filters[filter.Metadata.Name] = filter;
        }

        return new CalicoSnapshot
        {
            Self = self,
            Others = [.. Watch.Nodes.List().Where(node => node.Metadata.Name != options.NodeName).Select(node => NodeRecord.Read(node) with { Port = Watch.PortOf(node.Metadata.Name) }).OrderBy(static node => node.Name, StringComparer.Ordinal)],
            Pools = Watch.Pools,
            Blocks = blocks,
            OwnBlocks = Allocator.OwnBlocks,
            Borrowed = [.. borrowed],
            Bgp = bgp,
            Peers = Watch.Peers.List(),
            Filters = filters,
            Secrets = Watch.Passwords(),
            Services = bgp.ServiceClusterIPs.Count + bgp.ServiceExternalIPs.Count + bgp.ServiceLoadBalancerIPs.Count > 0 ? Watch.Services(cancel) : [],
            Workloads = Watch.HasWorkloadPeers ? [.. Watch.Pods.List().Select(WorkloadRecord.Read).OfType<WorkloadRecord>().OrderBy(static pod => pod.Name, StringComparer.Ordinal)] : [],
            StateSocket = options.StateSocket,
        };
    }

    /// <summary>The address of this node's end of a tunnel, out of the pools that use it.</summary>
    private async Task<IpAddress> TunnelAddressAsync(Node self, bool isNeeded, string kind, string annotation, CancellationToken cancel)
    {
        var handle = $"{kind}-tunnel-addr-{options.NodeName}";
        var known = Annotated(self, annotation);
        if (!isNeeded)
        {
            if (!known.IsNone)
            {
                await Allocator.ReleaseAsync(handle, cancel).ConfigureAwait(false);
            }

            return default;
        }

        var pools = Watch.Pools.ForTunnel(kind == "vxlan", Watch.NodeLabels);
        if (!known.IsNone && (pools.Exists(pool => pool.Cidr.Contains(known)) || IsOfDisabled(known)))
        {
            return known;
        }

        if (pools.Count == 0)
        {
            return default;
        }

        var assigned = await Allocator.AssignAsync(new AssignRequest
        {
            Handle = handle,
            Attributes = new(StringComparer.Ordinal) { ["node"] = options.NodeName, ["type"] = $"{kind}TunnelAddress" },
            PoolsV4 = [.. pools.Select(static pool => pool.Name)],
        }, cancel).ConfigureAwait(false);
        return assigned[0];
    }

    /// <summary>A pool that gives no more addresses: those that it gave stay, a tunnel's too.</summary>
    private bool IsOfDisabled(IpAddress address) => Watch.Pools.Of(IpPrefix.Host(address)) is { IsDisabled: true, IsTunnelled: true };

    private void WriteFiles(int mtu)
    {
        System.IO.Directory.CreateDirectory(options.Directory);
        WriteIfOther(Path.Combine(options.Directory, "mtu"), $"{mtu}");
        WriteIfOther(Path.Combine(options.Directory, "nodename"), options.NodeName);
    }

    private static void WriteIfOther(string path, string text)
    {
        if (!File.Exists(path) || File.ReadAllText(path) != text)
        {
            File.WriteAllText(path + ".new", text);
            File.Move(path + ".new", path, overwrite: true);
        }
    }

    /// <summary>Objects that make no sense: in the log and as an event, once until it changes.</summary>
    private void Tell(SpeakerPlan bgp, RoutePlan plan, CalicoSnapshot snapshot, Dictionary<(string Kind, string Name), long?> generations)
    {
        var alike = Judge(snapshot, plan);
        var now = new HashSet<Problem>(alike);
        now.UnionWith(bgp.Problems);
        foreach (var problem in now)
        {
            if (!told.Contains(problem))
            {
                CalicoLog.ObjectRefused(logger, problem.Kind, problem.Name, problem.Text);
                events.Warning(new RawObject { ApiVersion = CalicoResources.ApiVersion, Kind = problem.Kind, Metadata = { Name = problem.Name } }, "CalicoObjectRefused", problem.Text);
            }
        }

        told = now;
        sessions.Peers = bgp.Peers;
        Status.Tell(generations, alike);
        if (bgp.MeshSize >= 100 && warnedMesh < 100)
        {
            CalicoLog.LargeMesh(logger, bgp.MeshSize);
            if (snapshot.Others.All(other => string.CompareOrdinal(options.NodeName, other.Name) < 0))
            {
                // Of all nodes the first says it to everybody.
                var about = new RawObject { ApiVersion = CalicoResources.ApiVersion, Kind = "BGPConfiguration", Metadata = { Name = "default" } };
                events.Warning(about, "LargeMesh", $"a full mesh of {bgp.MeshSize} nodes: use route reflectors (nodeToNodeMeshEnabled false, BGPPeers with peerSelector)");
            }
        }

        warnedMesh = bgp.MeshSize;
    }

    /// <summary>What every node finds alike.</summary>
    private HashSet<Problem> Judge(CalicoSnapshot snapshot, RoutePlan plan)
    {
        var found = new HashSet<Problem>(SpeakerCompiler.Judge(snapshot, Watch.Configurations.List()));
        found.UnionWith(plan.Problems);
        foreach (var (name, text) in snapshot.Pools.Problems)
        {
            found.Add(new Problem("IPPool", name, text));
        }

        foreach (var block in Watch.Blocks.List())
        {
            if (BlockRecord.Read(block) is not { } record)
            {
                found.Add(new Problem("IPAMBlock", block.Metadata.Name, $"spec.cidr: '{block.Spec.Cidr}' is not a network"));
            }
            else if (snapshot.Pools.Of(record.Cidr) is null)
            {
                found.Add(new Problem("IPAMBlock", block.Metadata.Name, $"{record.Cidr} lies in no IPPool"));
            }
        }

        return found;
    }

    private void Wait(string reason)
    {
        if (waiting != reason)
        {
            waiting = reason;
            CalicoLog.Waiting(logger, reason);
        }
    }
}
