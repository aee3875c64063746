using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>The feeds that the controllers share, with the indexes they look things up by.</summary>
internal sealed class ClusterFeeds
{
    /// <summary>Pods by node name.</summary>
    public const string ByNode = "node";

    /// <summary>Objects by the uid of their controller.</summary>
    public const string ByController = "controller";

    /// <summary>Objects without a controller, by namespace.</summary>
    public const string Orphans = "orphans";

    /// <summary>Objects by namespace.</summary>
    public const string ByNamespace = "namespace";

    /// <summary>Endpoint slices by NAMESPACE/SERVICE.</summary>
    public const string ByService = "service";

    private readonly List<(string Id, Func<CancellationToken, Task> Run, Func<CancellationToken, Task> Sync)> feeds = [];

    /// <summary>Feeds over a client; they are empty until <see cref="RunAsync"/>.</summary>
    public ClusterFeeds(KubeClient client, ILogger logger)
    {
        Pods = Add(client, KubeResources.Pods, logger);
        Nodes = Add(client, KubeResources.Nodes, logger);
        Namespaces = Add(client, KubeResources.Namespaces, logger);
        Services = Add(client, KubeResources.Services, logger);
        ServiceAccounts = Add(client, KubeResources.ServiceAccounts, logger);
        EndpointSlices = Add(client, KubeResources.EndpointSlices, logger);
        Endpoints = Add(client, KubeResources.Endpoints, logger);
        Deployments = Add(client, KubeResources.Deployments, logger);
        ReplicaSets = Add(client, KubeResources.ReplicaSets, logger);
        Leases = Add(client, KubeResources.Leases, logger, "kube-node-lease");
        Pods.Store.AddIndex(ByNode, pod => PodFacts.IsBound(pod) ? [pod.Spec.NodeName!] : []);
        Pods.Store.AddIndex(ByNamespace, pod => [pod.Metadata.Namespace ?? string.Empty]);
        Services.Store.AddIndex(ByNamespace, service => [service.Metadata.Namespace ?? string.Empty]);
        EndpointSlices.Store.AddIndex(ByService, slice => slice.Metadata.Labels.TryGetValue("kubernetes.io/service-name", out var service) ? [$"{slice.Metadata.Namespace}/{service}"] : []);
        IndexControllers(Pods);
        IndexControllers(ReplicaSets);
        Deployments.Store.AddIndex(ByNamespace, deployment => [deployment.Metadata.Namespace ?? string.Empty]);
        ReplicaSets.Store.AddIndex(ByNamespace, set => [set.Metadata.Namespace ?? string.Empty]);
    }

    /// <summary>Pods.</summary>
    public Feed<Pod> Pods { get; }

    /// <summary>Nodes.</summary>
    public Feed<Node> Nodes { get; }

    /// <summary>Namespaces.</summary>
    public Feed<Namespace> Namespaces { get; }

    /// <summary>Services.</summary>
    public Feed<Service> Services { get; }

    /// <summary>Service accounts.</summary>
    public Feed<ServiceAccount> ServiceAccounts { get; }

    /// <summary>Endpoint slices.</summary>
    public Feed<EndpointSlice> EndpointSlices { get; }

    /// <summary>Endpoints, the older form of endpoint slices.</summary>
    public Feed<Endpoints> Endpoints { get; }

    /// <summary>Deployments.</summary>
    public Feed<Deployment> Deployments { get; }

    /// <summary>Replica sets.</summary>
    public Feed<ReplicaSet> ReplicaSets { get; }

    /// <summary>The nodes' leases, in the namespace kube-node-lease.</summary>
    public Feed<Lease> Leases { get; }

    /// <summary>Keeps the feeds of served resources current until cancelled.</summary>
    public Task RunAsync(ServerResources served, CancellationToken cancel) =>
        Task.WhenAll(feeds.Where(feed => served.Serves(feed.Id)).Select(feed => feed.Run(cancel)));

    /// <summary>Completes once every feed of a served resource holds a whole list.</summary>
    public Task WaitForSyncAsync(ServerResources served, CancellationToken cancel) =>
        Task.WhenAll(feeds.Where(feed => served.Serves(feed.Id)).Select(feed => feed.Sync(cancel)));

    /// <summary>The pods that a controller may have to do with: its own and those without a controller in its namespace.</summary>
    public static IReadOnlyList<T> CandidatesOf<T>(Feed<T> feed, IKubeObject owner)
        where T : class, IKubeObject =>
        [.. feed.Store.ByIndex(ByController, owner.Metadata.Uid ?? string.Empty), .. feed.Store.ByIndex(Orphans, owner.Metadata.Namespace ?? string.Empty)];

    private static void IndexControllers<T>(Feed<T> feed)
        where T : class, IKubeObject
    {
        feed.Store.AddIndex(ByController, value => ControllerReference.Of(value) is { } owner ? [owner.Uid] : []);
        feed.Store.AddIndex(Orphans, value => ControllerReference.Of(value) is null ? [value.Metadata.Namespace ?? string.Empty] : []);
    }

    private Feed<T> Add<T>(KubeClient client, KubeResource<T> resource, ILogger logger, string? inNamespace = null)
        where T : class, IKubeObject
    {
        var feed = new Feed<T>(client, resource, logger, inNamespace);
        feeds.Add((resource.ToString(), feed.RunAsync, feed.Store.WaitForSyncAsync));
        return feed;
    }
}
