namespace Podwire.Kubelet.Pods;

/// <summary>The condition types that the kubelet owns.</summary>
internal static class PodCondition
{
    public const string ReadyToStartContainers = "PodReadyToStartContainers";
    public const string Initialized = "Initialized";
    public const string ContainersReady = "ContainersReady";
    public const string Ready = "Ready";
    public const string Scheduled = "PodScheduled";
}
