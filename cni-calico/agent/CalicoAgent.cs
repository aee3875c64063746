using Microsoft.Extensions.Logging;
using Podwire.CniCalico.Agent.Apply;
using Podwire.CniCalico.Agent.Compile;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Agent.Watch;
using Podwire.CniCalico.Ipam;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent;

/// <summary>
/// The agent's table of contents: the cluster's objects make a snapshot, the snapshot is compiled into routes, rules and the speaker's configuration, and
/// these are applied. The other nodes are told of this one once its addresses are known.
/// </summary>
internal sealed partial class CalicoAgent : IDisposable
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

    private void Wait(string reason)
    {
        if (waiting != reason)
        {
            waiting = reason;
            CalicoLog.Waiting(logger, reason);
        }
    }
}
