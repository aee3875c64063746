namespace Podwire.Kubelet.Pods;

/// <summary>Why a container does not run: its status' state.waiting.</summary>
/// <param name="Reason">One CamelCase word, such as CrashLoopBackOff.</param>
/// <param name="Message">A sentence, or null.</param>
internal sealed record WaitingReason(string Reason, string? Message = null);
