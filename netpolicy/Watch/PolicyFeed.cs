using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Watch.Api;

namespace Podwire.NetPolicy.Watch;

/// <summary>
/// Follows Pods, Namespaces, Nodes, NetworkPolicies and, where they are served, ClusterNetworkPolicies, and keeps <see cref="PolicyState"/>
/// current. What it cannot use of a policy fails closed, with an event at the policy, once per version of it.
/// </summary>
internal sealed class PolicyFeed
{
    private const string UnusableReason = "PolicyUnusable";
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(30);
    private readonly KubeClient client;
    private readonly Reflector<PodObject> pods;
    private readonly Reflector<NamespaceObject> namespaces;
    private readonly Reflector<NodeObject> nodes;
    private readonly Reflector<PolicyObject> policies;
    private readonly Reflector<PolicyObject> clusterPolicies;
    private readonly TaskCompletionSource clusterPoliciesKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PolicyState state;
    private readonly EventRecorder events;
    private readonly PolicyMetrics metrics;
    private readonly ILogger logger;

    /// <summary>A feed that begins with <see cref="RunAsync"/>.</summary>
    public PolicyFeed(KubeClient client, PolicyState state, EventRecorder events, PolicyMetrics metrics, ILogger logger)
    {
        (this.client, this.state, this.events, this.metrics, this.logger) = (client, state, events, metrics, logger);
        var options = new ReflectorOptions { Logger = logger };
        pods = new(client, PolicyResources.Pods, options: options);
        namespaces = new(client, PolicyResources.Namespaces, options: options);
        nodes = new(client, PolicyResources.Nodes, options: options);
        policies = new(client, PolicyResources.NetworkPolicies, options: options);
        clusterPolicies = new(client, PolicyResources.ClusterNetworkPolicies, options: options);
        namespaces.Store.Subscribe(OnNamespace);
        nodes.Store.Subscribe(OnNode);
        pods.Store.Subscribe(OnPod);
        policies.Store.Subscribe(change => OnPolicy(change, NetworkPolicyReader.Read));
        clusterPolicies.Store.Subscribe(change => OnPolicy(change, ClusterPolicyReader.Read));
    }

    /// <summary>True once every watch has brought a whole list: before that, what is missing may only be late.</summary>
    public bool HasSynced => pods.HasSynced && namespaces.HasSynced && nodes.HasSynced && policies.HasSynced && clusterPoliciesKnown.Task.IsCompleted;

    /// <summary>Follows until cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(
        pods.RunAsync(cancel), namespaces.RunAsync(cancel), nodes.RunAsync(cancel), policies.RunAsync(cancel), FollowClusterPoliciesAsync(cancel));

    /// <summary>Completes when <see cref="HasSynced"/>.</summary>
    public Task WaitForSyncAsync(CancellationToken cancel) => Task.WhenAll(
        pods.WaitForSyncAsync(cancel), namespaces.WaitForSyncAsync(cancel), nodes.WaitForSyncAsync(cancel), policies.WaitForSyncAsync(cancel), clusterPoliciesKnown.Task.WaitAsync(cancel));

    /// <summary>They are a custom resource: many clusters do not have it, and it may be installed later.</summary>
    private async Task FollowClusterPoliciesAsync(CancellationToken cancel)
    {
        try
        {
            while (!await AreServedAsync(cancel).ConfigureAwait(false))
            {
                await Task.Delay(clusterPoliciesKnown.Task.IsCompleted ? AskAgain : TimeSpan.FromSeconds(1), cancel).ConfigureAwait(false);
            }

            var following = clusterPolicies.RunAsync(cancel);
            await clusterPolicies.WaitForSyncAsync(cancel).ConfigureAwait(false);
            clusterPoliciesKnown.TrySetResult();
            await following.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> AreServedAsync(CancellationToken cancel)
    {
        try
        {
            await client.SendRawAsync(HttpMethod.Get, PolicyResources.ClusterPolicyGroup, default, null, cancel).ConfigureAwait(false);
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsForbidden)
        {
            if (clusterPoliciesKnown.TrySetResult())
            {
                PolicyLog.NoClusterPolicies(logger, e.IsForbidden ? "are not to be read by this identity" : "are not served by this cluster");
            }
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException or TimeoutException)
        {
            PolicyLog.ClusterPoliciesUnknown(logger, e.Message);
        }

        return false;
    }

    private void OnPod(ObjectChange<PodObject> change)
    {
        state.SetPod(change.Key, change.New is { } pod ? PodReader.Read(pod) : null);
        if (change.New is { } read)
        {
            (read.Spec, read.Status) = (null, null);
            Shed(read.Metadata);
        }
    }

    private void OnNamespace(ObjectChange<NamespaceObject> change) => state.SetNamespace(
        change.Key.Name, change.New is { } ns ? LabelSet.Of(ns.Metadata.Labels).With("kubernetes.io/metadata.name", change.Key.Name) : null);

    private void OnNode(ObjectChange<NodeObject> change)
    {
        if (change.New is not { } node)
        {
            state.SetNode(change.Key.Name, null);
            return;
        }

        state.SetNode(change.Key.Name, NodeReader.Read(node));
        node.Status = null;
        Shed(node.Metadata);
    }

    private void OnPolicy(ObjectChange<PolicyObject> change, Func<PolicyObject, PolicyRecord> read)
    {
        var id = new PolicyId(change.Key.Namespace, change.Key.Name);
        if (change.New is not { } policy)
        {
            metrics.Unusable(id, 0);
            state.SetPolicy(id, null);
            return;
        }

        var record = read(policy);
        state.SetPolicy(id, record);
        metrics.Unusable(id, record.Problems.Count);
        foreach (var problem in record.Problems)
        {
            PolicyLog.Unusable(logger, id, problem);
            events.Warning(policy, UnusableReason, problem);
        }

        policy.Spec = default;
        Shed(policy.Metadata);
    }

    /// <summary>The record is all that is read from here on; the store needs the object's identity and version only.</summary>
    private static void Shed(ObjectMeta metadata) => (metadata.Labels, metadata.Annotations, metadata.OwnerReferences, metadata.Unknown) = ([], [], [], null);
}
