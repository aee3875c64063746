using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>A controller by services that is told of pods, too: what the slices and the older endpoints have in common.</summary>
internal abstract class ServiceController(string name, ControllerContext context) : KeyedController(name, context.Loggers.CreateLogger(name))
{
    /// <summary>What the controller was given.</summary>
    protected ControllerContext Context => context;

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() => [Own(context.Feeds.Services), context.Feeds.Pods.Store.Subscribe(QueueSelecting), context.Feeds.Nodes.Store.Subscribe(QueueAll)];

    /// <summary>The pods that a service selects.</summary>
    protected IReadOnlyList<Pod> Selected(Service service) =>
        [.. context.Feeds.Pods.Store.ByIndex(ClusterFeeds.ByNamespace, service.Metadata.Namespace ?? string.Empty).Where(pod => Selects(service, pod))];

    /// <summary>A node by name, or null.</summary>
    protected Node? Node(string name) => context.Feeds.Nodes.Store.Get(null, name);

    /// <summary>True for a service whose endpoints are pods: one with a selector that is not only a name for another host.</summary>
    protected static bool HasSelector(Service service) => service.Spec.Selector.Count > 0 && service.Spec.Type != "ExternalName";

    private static bool Selects(Service service, Pod pod) =>
        HasSelector(service) && service.Spec.Selector.All(label => pod.Metadata.Labels.TryGetValue(label.Key, out var value) && value == label.Value);

    /// <summary>Services that select the pod, or selected it before it changed.</summary>
    private void QueueSelecting(ObjectChange<Pod> change)
    {
        if (change is { Old: { } old, New: { } now } && !Matters(old, now))
        {
            return;
        }

        foreach (var service in context.Feeds.Services.Store.ByIndex(ClusterFeeds.ByNamespace, change.Key.Namespace))
        {
            if ((change.New is not null && Selects(service, change.New)) || (change.Old is not null && Selects(service, change.Old)))
            {
                Queue.Add(ObjectKey.Of(service));
            }
        }
    }

    /// <summary>A node that comes, goes or moves to another zone may change any service.</summary>
    private void QueueAll(ObjectChange<Node> change)
    {
        if (change.IsAdded || change.IsDeleted || change.Old!.Metadata.Labels.GetValueOrDefault(EndpointReader.ZoneLabel) != change.New!.Metadata.Labels.GetValueOrDefault(EndpointReader.ZoneLabel))
        {
            foreach (var service in context.Feeds.Services.Store.List())
            {
                Queue.Add(ObjectKey.Of(service));
            }
        }
    }

    private static bool Matters(Pod old, Pod now) =>
        PodFacts.IsReady(old) != PodFacts.IsReady(now)
        || PodFacts.HasEnded(old) != PodFacts.HasEnded(now)
        || (old.Metadata.DeletionTimestamp is null) != (now.Metadata.DeletionTimestamp is null)
        || old.Spec.NodeName != now.Spec.NodeName
        || old.Status.PodIP != now.Status.PodIP
        || !old.Status.PodIPs.Select(ip => ip.Ip).SequenceEqual(now.Status.PodIPs.Select(ip => ip.Ip))
        || old.Metadata.Labels.Count != now.Metadata.Labels.Count
        || old.Metadata.Labels.Any(label => now.Metadata.Labels.GetValueOrDefault(label.Key) != label.Value)
        || old.Metadata.Generation != now.Metadata.Generation;
}
