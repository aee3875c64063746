using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>A pod as the scheduler sees it: what it asks for, worked out once.</summary>
internal sealed class PodDemand
{
    private const long UnstatedMilliCpu = 100;
    private const long UnstatedMemory = 200L << 20;

    /// <summary>Reads a pod.</summary>
    public PodDemand(Pod pod)
    {
        Pod = pod;
        Requests = RequestsOf(pod);
        HostPorts = [.. HostPort.Of(pod)];
        Owner = ControllerReference.Of(pod)?.Uid;
        var affinity = pod.Spec.Affinity;
        AntiAffinity = AffinityTerm.Of(affinity?.PodAntiAffinity);
        Affinity = AffinityTerm.Of(affinity?.PodAffinity);
    }

    /// <summary>The pod.</summary>
    public Pod Pod { get; }

    /// <summary>Its uid.</summary>
    public string Uid => Pod.Metadata.Uid ?? PodFacts.Key(Pod);

    /// <summary>What it reserves on a node, one of the resource "pods" included.</summary>
    public ResourceAmounts Requests { get; }

    /// <summary>Processor time for scoring: pods that state none count as 100m.</summary>
    public long ScoredCpu => Requests[ResourceAmounts.Cpu] is 0 ? UnstatedMilliCpu : Requests[ResourceAmounts.Cpu];

    /// <summary>Memory for scoring: pods that state none count as 200Mi.</summary>
    public long ScoredMemory => Requests[ResourceAmounts.Memory] is 0 ? UnstatedMemory : Requests[ResourceAmounts.Memory];

    /// <summary>Ports of the node that it takes.</summary>
    public IReadOnlyList<HostPort> HostPorts { get; }

    /// <summary>The uid of its controller, or null.</summary>
    public string? Owner { get; }

    /// <summary>Required pod affinity.</summary>
    public IReadOnlyList<AffinityTerm> Affinity { get; }

    /// <summary>Required pod anti-affinity.</summary>
    public IReadOnlyList<AffinityTerm> AntiAffinity { get; }

    /// <summary>
    /// The requests of a pod: the sum over its containers and sidecars, or what the start of the init containers needs at any one time if
    /// that is more (each runs beside the sidecars started before it), plus the overhead of its runtime class.
    /// </summary>
    public static ResourceAmounts RequestsOf(Pod pod)
    {
        var running = new ResourceAmounts();
        foreach (var container in pod.Spec.Containers)
        {
            running.Add(Of(container));
        }

        var sidecars = new ResourceAmounts();
        var starting = new ResourceAmounts();
        foreach (var container in pod.Spec.InitContainers)
        {
            var atStart = Of(container);
            if (container.RestartPolicy == "Always")
            {
                running.Add(atStart);
                sidecars.Add(atStart);
                starting.Raise(sidecars);
            }
            else
            {
                atStart.Add(sidecars);
                starting.Raise(atStart);
            }
        }

        running.Raise(starting);
        running.Add(ResourceAmounts.Of(pod.Spec.Overhead));
        running[ResourceAmounts.Pods] = 1;
        return running;
    }

    private static ResourceAmounts Of(Container container)
    {
        var amounts = ResourceAmounts.Of(container.Resources?.Limits ?? []);
        foreach (var (name, amount) in ResourceAmounts.Of(container.Resources?.Requests ?? []).InOrder)
        {
            amounts[name] = amount;
        }

        return amounts;
    }
}
