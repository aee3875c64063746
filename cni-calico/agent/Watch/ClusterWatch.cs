using System.Text;
using Microsoft.Extensions.Logging;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Watch;

/// <summary>
/// The objects that this node has to know, kept current. What changes and matters calls back; a block in which a pod came or went, or a node that
/// only said that it is alive, does not. Services are watched once the configuration announces some.
/// </summary>
internal sealed class ClusterWatch : IIpamView
{
    private readonly KubeClient client;
    private readonly string node;
    private readonly ILogger logger;
    private readonly Action changed;
    private readonly List<Func<CancellationToken, Task>> runs = [];
    private readonly List<Func<CancellationToken, Task>> syncs = [];
    private volatile PoolTable pools = PoolTable.Empty;
    private volatile IReadOnlyList<IpPrefix> reserved = [];
    private Reflector<Service>? services;
    private Reflector<EndpointSlice>? slices;

    public ClusterWatch(KubeClient client, string node, ILogger logger, Action changed)
    {
        this.client = client;
        this.node = node;
        this.logger = logger;
        this.changed = changed;
        Nodes = Follow(KubeResources.Nodes, static value => FactsOf(value));
        PoolObjects = Follow(CalicoResources.IpPools, static value => VersionOf(value));
        Blocks = Follow(CalicoResources.IpamBlocks, static value => BlockRecord.FactsOf(value));
        Configs = Follow(CalicoResources.IpamConfigs, static value => string.Empty);
        Reservations = Follow(CalicoResources.IpReservations, static value => string.Empty);
        Configurations = Follow(CalicoResources.BgpConfigurations, static value => VersionOf(value));
        Peers = Follow(CalicoResources.BgpPeers, static value => VersionOf(value));
        Filters = Follow(CalicoResources.BgpFilters, static value => VersionOf(value));
        Secrets = Follow(KubeResources.Secrets, static value => value?.Metadata.ResourceVersion ?? string.Empty, new ReflectorOptions { Namespace = "kube-system", Logger = logger });
        Pods = Follow(KubeResources.Pods, value => HasWorkloadPeers ? WorkloadRecord.FactsOf(value) : string.Empty, new ReflectorOptions { FieldSelector = $"spec.nodeName={node}", Logger = logger });
        Namespaces = Follow(KubeResources.Namespaces, static value => string.Empty);
        PoolObjects.Subscribe(_ => pools = PoolTable.Read(PoolObjects.List()));
        Reservations.Subscribe(_ => reserved = ReadReserved());
    }

    public ObjectStore<Node> Nodes { get; }

    public ObjectStore<IpPool> PoolObjects { get; }

    public ObjectStore<IpamBlock> Blocks { get; }

    public ObjectStore<IpamConfig> Configs { get; }

    public ObjectStore<IpReservation> Reservations { get; }

    public ObjectStore<BgpConfiguration> Configurations { get; }

    public ObjectStore<BgpPeer> Peers { get; }

    public ObjectStore<BgpFilter> Filters { get; }

    public ObjectStore<Secret> Secrets { get; }

    /// <summary>The namespaces, whose annotations and labels choose pools.</summary>
    public ObjectStore<Namespace> Namespaces { get; }

    /// <summary>The pods of this node.</summary>
    public ObjectStore<Pod> Pods { get; }

    /// <summary>True if a BGPPeer has sessions with pods.</summary>
    public bool HasWorkloadPeers => Peers.List().Any(static peer => peer.Spec.LocalWorkloadSelector is { Length: > 0 });

    /// <inheritdoc/>
    public PoolTable Pools => pools;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> NodeLabels => Nodes.Get(null, node)?.Metadata.Labels ?? [];

    /// <inheritdoc/>
    public IpamConfigSpec Config => Configs.Get(null, "default")?.Spec ?? new IpamConfigSpec();

    /// <inheritdoc/>
    public IReadOnlyList<IpPrefix> Reserved => reserved;

    /// <inheritdoc/>
    public Task<IReadOnlyList<IpamBlock>> BlocksAsync(CancellationToken cancel) => Task.FromResult(Blocks.List());

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(runs.Select(run => run(cancel)));

    /// <summary>Completes once everything is known.</summary>
    public Task WaitForSyncAsync(CancellationToken cancel) => Task.WhenAll(syncs.Select(sync => sync(cancel)));

    /// <summary>BGPConfiguration «default», with what the node's own says instead.</summary>
    public BgpConfigurationSpec Bgp()
    {
        var merged = Configurations.Get(null, "default") is { } common ? CalicoResources.Clone(common).Spec : new BgpConfigurationSpec();
        if (Configurations.Get(null, $"node.{node}") is { } own)
        {
            merged.AsNumber = own.Spec.AsNumber ?? merged.AsNumber;
            merged.NodeToNodeMeshEnabled = own.Spec.NodeToNodeMeshEnabled ?? merged.NodeToNodeMeshEnabled;
            merged.ListenPort = own.Spec.ListenPort ?? merged.ListenPort;
            merged.BindMode = own.Spec.BindMode ?? merged.BindMode;
            merged.PrefixAdvertisements = own.Spec.PrefixAdvertisements.Count > 0 ? own.Spec.PrefixAdvertisements : merged.PrefixAdvertisements;
        }

        return merged;
    }

    /// <summary>Where a node's speaker takes sessions.</summary>
    public int PortOf(string name) => Configurations.Get(null, $"node.{name}")?.Spec.ListenPort ?? Configurations.Get(null, "default")?.Spec.ListenPort ?? NodeRecord.DefaultPort;

    /// <summary>The passwords in kube-system's Secrets, by NAME/KEY.</summary>
    public Dictionary<string, string> Passwords()
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var peer in Peers.List())
        {
            wanted.Add(peer.Spec.Password?.SecretKeyRef?.Name ?? string.Empty);
        }

        wanted.Add(Bgp().NodeMeshPassword?.SecretKeyRef?.Name ?? string.Empty);
        var passwords = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var secret in Secrets.List())
        {
            if (!wanted.Contains(secret.Metadata.Name))
            {
                continue;
            }

            foreach (var (key, value) in secret.Data)
            {
                passwords[$"{secret.Metadata.Name}/{key}"] = Decode(value);
            }
        }

        return passwords;
    }

    /// <summary>The Services; they are watched from the first call on, and the answer is empty until they are known.</summary>
    public IReadOnlyList<ServiceRecord> Services(CancellationToken cancel)
    {
        if (services is null)
        {
            services = new Reflector<Service>(client, KubeResources.Services, options: new ReflectorOptions { Logger = logger });
            slices = new Reflector<EndpointSlice>(client, KubeResources.EndpointSlices, options: new ReflectorOptions { Logger = logger });
            services.Store.Subscribe(_ => changed());
            slices.Store.Subscribe(_ => changed());
            _ = services.RunAsync(cancel);
            _ = slices.RunAsync(cancel);
        }

        return services.HasSynced && slices!.HasSynced ? ServiceReader.Read(services.Store.List(), slices.Store.List(), node) : [];
    }

    /// <summary>A Secret's value; what is no base64 is no password.</summary>
    private static string Decode(string base64)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            return string.Empty;
        }
    }

    /// <summary>What changes with the object's content and not with its status.</summary>
    private static string VersionOf(IKubeObject? value) => value is null ? string.Empty : value.Metadata.Generation is > 0 and var generation ? $"{value.Metadata.Uid} {generation}" : value.Metadata.ResourceVersion ?? string.Empty;

    private static string FactsOf(Node? value) => value is null ? string.Empty : string.Join('\n', value.Metadata.Annotations
        .Where(static pair => pair.Key.StartsWith("projectcalico.org/", StringComparison.Ordinal))
        .Concat(value.Metadata.Labels)
        .OrderBy(static pair => pair.Key, StringComparer.Ordinal)
        .Select(static pair => $"{pair.Key}={pair.Value}")
        .Concat(value.Status.Addresses.Select(static address => $"{address.Type} {address.Address}"))
        .Append($"{value.Status.Conditions.Exists(static condition => condition is { Type: "NetworkUnavailable", Status: "False" })}"));

    private ObjectStore<T> Follow<T>(KubeResource<T> resource, Func<T?, string> facts, ReflectorOptions? options = null)
        where T : class, IKubeObject
    {
        var reflector = new Reflector<T>(client, resource, options: options ?? new ReflectorOptions { Logger = logger });
        reflector.Store.Subscribe(change =>
        {
            if (facts(change.Old) != facts(change.New))
            {
                changed();
            }
        });
        runs.Add(reflector.RunAsync);
        syncs.Add(reflector.WaitForSyncAsync);
        return reflector.Store;
    }

    private List<IpPrefix> ReadReserved()
    {
        var networks = new List<IpPrefix>();
        foreach (var reservation in Reservations.List())
        {
            foreach (var text in reservation.Spec.ReservedCIDRs)
            {
                if (IpPrefix.TryParse(text, out var prefix))
                {
                    networks.Add(prefix.Masked);
                }
                else if (IpAddress.TryParse(text, out var address))
                {
                    networks.Add(IpPrefix.Host(address));
                }
            }
        }

        return networks;
    }
}
