namespace Podwire.Kubelet.Shim;

/// <summary>DIR/state.json: who runs. Written by the shim at once, and again when its container's process has started.</summary>
/// <param name="Shim">The shim itself.</param>
/// <param name="Process">The container's first process; null while it is being started.</param>
/// <param name="StartedAt">When that process started.</param>
internal sealed record ShimState(ProcessIdentity Shim, ProcessIdentity? Process = null, DateTimeOffset? StartedAt = null);
