namespace Podwire.Kube.Objects;

/// <summary>What was last seen of a namespace.</summary>
public sealed class NamespaceStatus : KubeValue
{
    /// <summary><c>Active</c> or <c>Terminating</c>.</summary>
    public string? Phase { get; set; }

    /// <summary>Why it does not go, if it does not.</summary>
    public List<Condition> Conditions { get => field ??= []; set; }
}
