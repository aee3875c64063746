using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Apply;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.Config;
using Podwire.CniFlannel.Agent.State;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniFlannel.Agent;

/// <summary>
/// The agent's table of contents: nodes and underlay make a snapshot, the snapshot is compiled, the difference to the kernel is
/// applied and verified, and only then this node tells the others of itself. Any event makes it run again.
/// </summary>
internal sealed class FlannelAgent
{
    private readonly FlannelOptions options;
    private readonly NetConf netConf;
    private readonly ObjectStore<Node> nodes;
    private readonly NodeKernel kernel;
    private readonly INodeRegistration registration;
    private readonly FlannelMetrics metrics;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly FlannelAnnotations names;
    private readonly IpFamily[] families;
    private readonly OverlayApplier applier;
    private readonly KernelWatch watch;
    private readonly ReconcileLoop loop;
    private readonly Dictionary<IpFamily, MacAddress> vtepMacs = [];
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<RefusedPeer> refused = [];
    private string? waiting;

    public FlannelAgent(FlannelOptions options, NetConf netConf, ObjectStore<Node> nodes, NodeKernel kernel, INodeRegistration registration, FlannelMetrics metrics, ILogger logger, TimeProvider time)
    {
        this.options = options;
        this.netConf = netConf;
        this.nodes = nodes;
        this.kernel = kernel;
        this.registration = registration;
        this.metrics = metrics;
        this.logger = logger;
        this.time = time;
        names = new FlannelAnnotations(options.AnnotationPrefix);
        families = [.. netConf.Families];
        applier = new OverlayApplier(kernel, logger);
        loop = new ReconcileLoop(ReconcileAsync, new ReconcileLoopOptions
        {
            Name = "flannel",
            MinInterval = TimeSpan.FromMilliseconds(20),
            MaxInterval = Shorter(options.Resync, SdNotify.WatchdogInterval / 2),
            Retry = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10), 0.2),
            Time = time,
            Logger = logger,
        });
        watch = new KernelWatch(kernel, netConf, loop.Signal, logger);
    }

    /// <summary>Completes when everything was programmed for the first time and subnet.env is there.</summary>
    public Task Ready => ready.Task;

    /// <summary>Null, or why this node is not ready.</summary>
    public string? Problem => loop.Health is { Failures: > 0, LastError: var error } ? error : ready.Task.IsCompleted ? null : waiting ?? "starting";

    /// <summary>Runs until cancelled. Nothing is programmed before the nodes are known; nothing is taken down at the end.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var subscription = nodes.Subscribe(OnNode);
        await nodes.WaitForSyncAsync(cancel).ConfigureAwait(false);
        var watching = watch.Start(cancel);
        loop.Signal();
        await loop.RunAsync(cancel).ConfigureAwait(false);
        await watching.ConfigureAwait(false);
    }

    private static TimeSpan Shorter(TimeSpan resync, TimeSpan? watchdog) => watchdog is { } limit && limit < resync ? limit : resync;

    private void OnNode(ObjectChange<Node> change)
    {
        // Nodes report their health all the time; what they say of their subnet changes once in a life.
        if (change.Key.Name == options.NodeName || Array.Exists(families, family => Lease(change.Old, family) != Lease(change.New, family)))
        {
            loop.Signal();
        }
    }

    private NodeLease? Lease(Node? node, IpFamily family) => node is null ? null : NodeLease.TryRead(node, family, names, out _);

    private async Task ReconcileAsync(CancellationToken cancel)
    {
        SdNotify.Watchdog();
        var began = time.GetTimestamp();
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
        Report(desired.Refused);
        var changed = Program(snapshot, desired);
        watch.Follow(snapshot.Underlay.Index, desired);
        await AnnotateAsync(self, snapshot, cancel).ConfigureAwait(false);
        if (SubnetFile.Write(options.SubnetFile, SubnetFile.Text(snapshot, desired.PodMtu, options.IpMasq)))
        {
            FlannelLog.SubnetFileWritten(logger, options.SubnetFile);
        }

        await SetAvailableAsync(self, cancel).ConfigureAwait(false);
        metrics.Synced(desired.Routes.Count, desired.Refused.Count, changed, time.GetElapsedTime(began));
        waiting = null;
        if (ready.TrySetResult())
        {
            FlannelLog.Ready(logger, desired.Routes.Count, string.Join(", ", subnets.Values), snapshot.Underlay.Name, desired.PodMtu);
        }
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
            var leases = new List<NodeLease>();
            foreach (var node in nodes.List())
            {
                if (node.Metadata.Name != options.NodeName && NodeLease.TryRead(node, family, names, out _) is { } lease)
                {
                    leases.Add(lease);
                }
            }

            leases.Sort(static (a, b) => string.CompareOrdinal(a.Node, b.Node));
            peers.Add(family, leases);
        }

        return new FlannelSnapshot
        {
            NetConf = netConf,
            Node = options.NodeName,
            Underlay = UnderlayFinder.Find(kernel.Route, options, families),
            Subnets = subnets,
            VtepMacs = netConf.Backend.Type == BackendType.Vxlan ? ChooseMacs(self) : vtepMacs,
            Peers = peers,
        };
    }

    /// <summary>
    /// The addresses that the other nodes know already, else those of the devices that are there, else new ones: a restart must not
    /// change them, or packets are lost until every node has heard.
    /// </summary>
    private Dictionary<IpFamily, MacAddress> ChooseMacs(Node self)
    {
        foreach (var family in families)
        {
            if (!vtepMacs.ContainsKey(family))
            {
                var told = self.Metadata.Annotations.GetValueOrDefault(names.BackendType) == netConf.Backend.Name
                    ? VxlanBackendData.TryParse(self.Metadata.Annotations.GetValueOrDefault(names.BackendData(family)))?.VtepMac
                    : null;
                vtepMacs.Add(family, told ?? kernel.Route.GetLink(OverlayCompiler.DeviceName(family, netConf.Backend.Vni))?.Mac ?? NewMac());
            }
        }

        return vtepMacs;
    }

    private static MacAddress NewMac()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        return MacAddress.LocallyAdministered(BinaryPrimitives.ReadUInt64BigEndian(random));
    }

    private int Program(FlannelSnapshot snapshot, OverlayState desired)
    {
        foreach (var family in families)
        {
            kernel.TrySetSysctl(family == IpFamily.V4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding", "1");
        }

        // With alloc someone else routes; what is there of links and routes is not looked at.
        var changed = netConf.Backend.Type == BackendType.Alloc ? 0 : applier.Apply(snapshot, desired);
        foreach (var family in families)
        {
            changed += ApplyRules(snapshot, family);
        }

        return changed;
    }

    private int ApplyRules(FlannelSnapshot snapshot, IpFamily family)
    {
        var id = MasqueradeCompiler.TableOf(family);
        var actual = kernel.Nftables.ReadTable(id);
        var desired = MasqueradeCompiler.Compile(snapshot, family, options.IpMasq, options.ForwardRules);
        var batch = desired is not null ? RulesetDiff.Between(actual, desired)
            : actual is not null ? RulesetDiff.Removing(id)
            : new NftBatch();
        if (batch.IsEmpty)
        {
            return 0;
        }

        kernel.Nftables.Apply(batch);
        FlannelLog.RulesWritten(logger, id.ToString());
        return batch.Operations.Count;
    }

    private async Task AnnotateAsync(Node self, FlannelSnapshot snapshot, CancellationToken cancel)
    {
        var wanted = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [names.SubnetKubeManaged] = "true",
            [names.BackendType] = netConf.Backend.Name,
        };
        foreach (var family in families)
        {
            var overwrite = self.Metadata.Annotations.GetValueOrDefault(names.PublicIpOverwrite(family));
            var given = family == IpFamily.V4 ? options.PublicIp : options.PublicIpV6;
            wanted[names.PublicIp(family)] = string.IsNullOrEmpty(overwrite) ? (given ?? snapshot.Underlay.Address(family))!.Value.ToString() : overwrite;
            wanted[names.BackendData(family)] = netConf.Backend.Type == BackendType.Vxlan
                ? new VxlanBackendData(netConf.Backend.Vni, snapshot.VtepMacs[family]).ToString()
                : "null";
        }

        if (wanted.Any(pair => self.Metadata.Annotations.GetValueOrDefault(pair.Key) != pair.Value))
        {
            await registration.AnnotateAsync(self, wanted, cancel).ConfigureAwait(false);
            FlannelLog.Annotated(logger, options.NodeName, string.Join(", ", wanted.Select(static pair => $"{pair.Key}={pair.Value}")));
        }
    }

    private async Task SetAvailableAsync(Node self, CancellationToken cancel)
    {
        if (!options.SetNodeNetworkUnavailable
            || self.Status.Conditions.Exists(static condition => condition is { Type: "NetworkUnavailable", Status: "False" }))
        {
            return;
        }

        try
        {
            await registration.SetNetworkAvailableAsync(self, cancel).ConfigureAwait(false);
        }
        catch (KubeApiException e)
        {
            // The data path is up; a server that refuses the condition must not take it for broken.
            FlannelLog.ConditionFailed(logger, options.NodeName, e.Message);
        }
    }

    private void Report(IReadOnlyList<RefusedPeer> now)
    {
        foreach (var peer in now)
        {
            if (!refused.Contains(peer))
            {
                FlannelLog.PeerRefused(logger, peer.Node, peer.Reason);
            }
        }

        refused = now;
    }

    private void Wait(string reason)
    {
        if (waiting != reason)
        {
            waiting = reason;
            FlannelLog.Waiting(logger, reason);
        }
    }
}
