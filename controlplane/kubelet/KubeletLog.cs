using Microsoft.Extensions.Logging;

namespace Podwire.Kubelet;

/// <summary>Every line the kubelet logs: one per event.</summary>
internal static partial class KubeletLog
{
    [LoggerMessage(1, LogLevel.Information, "node {Node} registered ({NodeIP})")]
    public static partial void Registered(ILogger log, string node, string nodeIP);

    [LoggerMessage(2, LogLevel.Information, "node {Node} is {Condition}: {Message}")]
    public static partial void NodeCondition(ILogger log, string node, string condition, string message);

    [LoggerMessage(3, LogLevel.Warning, "node heartbeat failed: {Message}")]
    public static partial void HeartbeatFailed(ILogger log, string message);

    [LoggerMessage(4, LogLevel.Information, "pod {Pod}: sandbox {Sandbox} at {Addresses}")]
    public static partial void SandboxReady(ILogger log, string pod, string sandbox, string addresses);

    [LoggerMessage(5, LogLevel.Warning, "pod {Pod}: {Reason}: {Message}")]
    public static partial void PodTrouble(ILogger log, string pod, string reason, string message);

    [LoggerMessage(6, LogLevel.Information, "pod {Pod}: container {Container} started, attempt {Attempt}, pid {Pid}")]
    public static partial void Started(ILogger log, string pod, string container, int attempt, int pid);

    [LoggerMessage(7, LogLevel.Information, "pod {Pod}: container {Container} ended, {Reason}, exit code {ExitCode}")]
    public static partial void Ended(ILogger log, string pod, string container, string reason, int exitCode);

    [LoggerMessage(8, LogLevel.Information, "pod {Pod}: container {Container} is being stopped: {Message}")]
    public static partial void Stopping(ILogger log, string pod, string container, string message);

    [LoggerMessage(9, LogLevel.Information, "pod {Pod} is gone")]
    public static partial void PodGone(ILogger log, string pod);

    [LoggerMessage(10, LogLevel.Information, "took up {Pods} pods, {Running} running containers, {Orphans} orphans")]
    public static partial void TookUp(ILogger log, int pods, int running, int orphans);

    [LoggerMessage(12, LogLevel.Warning, "pod {Pod}: status not written, to be tried again: {Message}")]
    public static partial void StatusFailed(ILogger log, string pod, string message);

    [LoggerMessage(13, LogLevel.Error, "pod {Pod}: unexpected failure, to be tried again")]
    public static partial void Unexpected(ILogger log, string pod, Exception error);

    [LoggerMessage(14, LogLevel.Information, "serving https on {Address}:{Port}, healthz on {HealthzAddress}:{HealthzPort}")]
    public static partial void Serving(ILogger log, string address, int port, string healthzAddress, int healthzPort);
}
