using Podwire.Kube.Objects;
using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet.Probes;

/// <summary>The container that a probe or hook is about.</summary>
/// <param name="Container">Its specification, for named ports.</param>
/// <param name="Process">Its first process.</param>
/// <param name="Config">What it was started with.</param>
/// <param name="PodIP">Where its ports are.</param>
internal sealed record HandlerTarget(Container Container, ProcessIdentity Process, ShimConfig Config, string PodIP)
{
    /// <summary>The number of a port given by number or name; null if there is no such port.</summary>
    public int? Port(IntOrString port) => port.IsInt ? port.Number
        : Container.Ports.Find(one => one.Name == port.Text)?.ContainerPortNumber ?? (int.TryParse(port.Text, out var number) ? number : null);
}
