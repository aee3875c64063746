namespace Podwire.Kubelet.Pods;

/// <summary>Why a pod as a whole failed: its status' reason and message.</summary>
/// <param name="Reason">DeadlineExceeded.</param>
/// <param name="Message">A sentence.</param>
internal sealed record PodFailure(string Reason, string Message);
