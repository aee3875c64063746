namespace Podwire.Kube.Objects;

/// <summary>Who a pod is towards the API.</summary>
public sealed class ServiceAccount : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "ServiceAccount";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>Secrets its pods may use.</summary>
    public List<ObjectReference> Secrets { get => field ??= []; set; }

    /// <summary>Registry credentials of its pods.</summary>
    public List<LocalObjectReference> ImagePullSecrets { get => field ??= []; set; }

    /// <summary>False: its pods get no token.</summary>
    public bool? AutomountServiceAccountToken { get; set; }
}
