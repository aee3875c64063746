using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Where a password is.</summary>
public sealed class BgpPassword : KubeValue
{
    /// <summary>A key of a Secret in kube-system.</summary>
    public BgpSecretKey? SecretKeyRef { get; set; }
}
