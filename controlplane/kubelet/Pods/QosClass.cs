using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Pods;

/// <summary>A pod's quality-of-service class (Kubernetes: «Pod Quality of Service Classes»).</summary>
internal static class QosClass
{
    private static readonly string[] Compute = ["cpu", "memory"];

    /// <summary>Guaranteed, Burstable or BestEffort.</summary>
    public static string Of(PodSpec spec)
    {
        var containers = spec.Containers.Concat(spec.InitContainers).ToList();
        if (containers.TrueForAll(container => Compute.All(name => Amount(container.Resources?.Requests, name) is null && Amount(container.Resources?.Limits, name) is null)))
        {
            return "BestEffort";
        }

        return containers.TrueForAll(container => Compute.All(name =>
            Amount(container.Resources?.Limits, name) is { } limit && (Amount(container.Resources?.Requests, name) ?? limit) == limit))
            ? "Guaranteed"
            : "Burstable";
    }

    private static Quantity? Amount(Dictionary<string, Quantity>? resources, string name) =>
        resources is not null && resources.TryGetValue(name, out var quantity) && !quantity.IsZero ? quantity : null;
}
