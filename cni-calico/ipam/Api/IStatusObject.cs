using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>An object whose status the agents write.</summary>
public interface IStatusObject : IKubeObject
{
    /// <summary>What was found about it; null if nothing was.</summary>
    CalicoStatus? Status { get; set; }
}
