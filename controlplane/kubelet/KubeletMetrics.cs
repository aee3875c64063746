using System.Diagnostics.Metrics;
using Podwire.Kubelet.Pods;

namespace Podwire.Kubelet;

/// <summary>What /metrics shows, under the kubelet's own names where it has them.</summary>
internal sealed class KubeletMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Podwire.Kubelet";

    private readonly Meter meter = new(Name);

    /// <summary>Instruments over the dispatcher's pods.</summary>
    public KubeletMetrics(PodDispatcher dispatcher)
    {
        meter.CreateObservableGauge("kubelet_running_pods", () => dispatcher.Workers.Count(worker => worker.State.Sandbox is { Phase: Runtime.SandboxPhase.Ready }), null, "Pods with a sandbox.");
        meter.CreateObservableGauge("kubelet_running_containers", () => dispatcher.Workers.Sum(worker => worker.State.Containers.Values.Count(container => container.IsRunning)), null, "Containers that run.");
        meter.CreateObservableGauge("kubelet_container_restarts", () => dispatcher.Workers.Sum(worker => worker.State.Containers.Values.Sum(container => container.Attempt)), null, "Restarts of the containers of present pods.");
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();
}
