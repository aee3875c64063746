namespace Podwire.Kube.Objects;

/// <summary>What a namespace is to be.</summary>
public sealed class NamespaceSpec : KubeValue
{
    /// <summary>Who has to clean before it may go.</summary>
    public List<string> Finalizers { get => field ??= []; set; }
}
