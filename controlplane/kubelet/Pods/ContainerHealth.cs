namespace Podwire.Kubelet.Pods;

/// <summary>What the probes say of a running container.</summary>
/// <param name="Started">The startup probe succeeded, or there is none.</param>
/// <param name="Ready">The readiness probe succeeded, or there is none.</param>
/// <param name="Failed">Why a startup or liveness probe wants the container restarted; null if none does.</param>
internal readonly record struct ContainerHealth(bool Started, bool Ready, string? Failed = null);
