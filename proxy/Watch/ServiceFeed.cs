using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Proxy.State;
using Podwire.Proxy.Watch.Api;

namespace Podwire.Proxy.Watch;

/// <summary>
/// Follows Services, EndpointSlices and the node, and keeps <see cref="ProxyState"/> current. What it cannot use it leaves out,
/// with an event at the object, once per version of it.
/// </summary>
internal sealed class ServiceFeed
{
    private const string UnusableReason = "ProxySkipped";
    private readonly Reflector<ServiceObject> services;
    private readonly Reflector<SliceObject> slices;
    private readonly Reflector<Node> nodes;
    private readonly ServiceCidrWatch? serviceCidrs;
    private readonly ProxyState state;
    private readonly EventRecorder events;
    private readonly string nodeName;

    /// <summary>A feed that begins with <see cref="RunAsync"/>.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="state">What is kept current.</param>
    /// <param name="events">Where to tell of what cannot be used.</param>
    /// <param name="nodeName">The node.</param>
    /// <param name="readServiceCidrs">False if the ranges of Service addresses are known otherwise.</param>
    /// <param name="logger">Where it is logged.</param>
    public ServiceFeed(KubeClient client, ProxyState state, EventRecorder events, string nodeName, bool readServiceCidrs, ILogger logger)
    {
        (this.state, this.events, this.nodeName) = (state, events, nodeName);
        // What is labelled for another proxy, or for none, is not even asked for (KEP-2447).
        var options = new ReflectorOptions { LabelSelector = $"!{ServiceReader.ProxyNameLabel},!{ServiceReader.HeadlessLabel}", Logger = logger };
        services = new(client, ProxyResources.Services, options: options);
        slices = new(client, ProxyResources.EndpointSlices, options: options);
        nodes = new(client, KubeResources.Nodes, options: new() { FieldSelector = $"metadata.name={nodeName}", Logger = logger });
        serviceCidrs = readServiceCidrs ? new(client, state, logger) : null;
        services.Store.Subscribe(OnService);
        slices.Store.Subscribe(OnSlice);
        nodes.Store.Subscribe(OnNode);
    }

    /// <summary>True once every watch has brought a whole list: before that, what is missing may only be late.</summary>
    public bool HasSynced => services.HasSynced && slices.HasSynced && nodes.HasSynced && serviceCidrs?.Decided.IsCompleted != false;

    /// <summary>How the watches are doing.</summary>
    public IReadOnlyList<ReflectorHealth> Health => [services.Health, slices.Health, nodes.Health];

    /// <summary>Follows until cancelled, or until one of the watches fails for good: each goes on for ever after what can be expected to fail.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] watches = [services.RunAsync(together.Token), slices.RunAsync(together.Token), nodes.RunAsync(together.Token), .. serviceCidrs is null ? (Task[])[] : [serviceCidrs.RunAsync(together.Token)]];
        await Task.WhenAny(watches).ConfigureAwait(false);
        await together.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(watches).ConfigureAwait(false);
    }

    /// <summary>Completes when <see cref="HasSynced"/>.</summary>
    public Task WaitForSyncAsync(CancellationToken cancel) =>
        Task.WhenAll(services.WaitForSyncAsync(cancel), slices.WaitForSyncAsync(cancel), nodes.WaitForSyncAsync(cancel), (serviceCidrs?.Decided ?? Task.CompletedTask).WaitAsync(cancel));

    private void OnService(ObjectChange<ServiceObject> change)
    {
        if (change.New?.Record is { } record)
        {
            state.SetService(record);
        }
        else
        {
            state.RemoveService(new(change.Key.Namespace, change.Key.Name));
        }

        Tell(change.New);
    }

    private void OnSlice(ObjectChange<SliceObject> change)
    {
        if (change.New?.Record is { } record)
        {
            state.SetSlice(record);
        }
        else
        {
            state.RemoveSlice(change.Key.Namespace, change.Key.Name);
        }

        Tell(change.New);
    }

    private void OnNode(ObjectChange<Node> change)
    {
        // A server without field selectors sends every node.
        if (change.Key.Name != nodeName)
        {
            return;
        }

        // What is known of a node that is gone stays in force: pods may still run on it.
        state.SetNode(change.New is { } node ? NodeReader.Read(node) : state.Node with { IsEligible = false });
    }

    private void Tell(ReadObject? about)
    {
        if (about is null)
        {
            return;
        }

        foreach (var problem in about.Problems)
        {
            events.Warning(about, UnusableReason, problem);
        }
    }
}
