using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>The metric of the kernel's route.</summary>
public sealed class BgpSetPriority : KubeValue
{
    /// <summary>The metric.</summary>
    public int? Value { get; set; }
}
