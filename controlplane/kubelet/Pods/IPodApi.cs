using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Pods;

/// <summary>What a pod's worker asks of the API server.</summary>
internal interface IPodApi
{
    /// <summary>Sets a pod's status; false if this very pod is not there any more.</summary>
    Task<bool> PatchStatusAsync(Pod pod, PodStatus status, CancellationToken cancel);

    /// <summary>Ends a pod whose containers and sandbox are gone; true if it is not there (any more).</summary>
    Task DeleteAsync(Pod pod, CancellationToken cancel);

    /// <summary>Reads a config map; null if there is none.</summary>
    Task<ConfigMap?> GetConfigMapAsync(string ns, string name, CancellationToken cancel);

    /// <summary>Reads a secret; null if there is none.</summary>
    Task<Secret?> GetSecretAsync(string ns, string name, CancellationToken cancel);
}
