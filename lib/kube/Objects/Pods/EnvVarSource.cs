namespace Podwire.Kube.Objects;

/// <summary>Where a variable's value comes from; exactly one is set.</summary>
public sealed class EnvVarSource : KubeValue
{
    /// <summary>A field of the pod.</summary>
    public ObjectFieldSelector? FieldRef { get; set; }

    /// <summary>A container's request or limit.</summary>
    public ResourceFieldSelector? ResourceFieldRef { get; set; }

    /// <summary>A config map's entry.</summary>
    public KeySelector? ConfigMapKeyRef { get; set; }

    /// <summary>A secret's entry.</summary>
    public KeySelector? SecretKeyRef { get; set; }
}
