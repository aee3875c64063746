namespace Podwire.Kube.Objects;

/// <summary>What a node is to be.</summary>
public sealed class NodeSpec : KubeValue
{
    /// <summary>Where its pods' addresses come from.</summary>
    public string? PodCIDR { get; set; }

    /// <summary>The same, one per family, <see cref="PodCIDR"/> first.</summary>
    public List<string> PodCIDRs { get => field ??= []; set; }

    /// <summary>The machine's name at its provider.</summary>
    public string? ProviderID { get; set; }

    /// <summary>True: no new pods (cordon).</summary>
    public bool? Unschedulable { get; set; }

    /// <summary>What keeps pods away that do not tolerate it.</summary>
    public List<Taint> Taints { get => field ??= []; set; }
}
