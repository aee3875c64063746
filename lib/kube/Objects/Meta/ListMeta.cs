namespace Podwire.Kube.Objects;

/// <summary>What a list carries beside its items (metav1.ListMeta).</summary>
public sealed class ListMeta : KubeValue
{
    /// <summary>The version the list was taken at; a watch may go on from it.</summary>
    public string? ResourceVersion { get; set; }

    /// <summary>Token for the next page; null or empty on the last one.</summary>
    public string? Continue { get; set; }

    /// <summary>How many items follow, where the server knows it.</summary>
    public long? RemainingItemCount { get; set; }
}
