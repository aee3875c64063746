namespace Podwire.Kube.Objects;

/// <summary>A page of objects with the version it was taken at.</summary>
public sealed class KubeList<T> : KubeValue
    where T : IKubeObject
{
    /// <summary>Group and version of the list.</summary>
    public string ApiVersion { get; set; } = "";

    /// <summary>Kind of the list, such as <c>PodList</c>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Version and continuation.</summary>
    public ListMeta Metadata { get; set; } = new();

    /// <summary>The objects.</summary>
    public List<T> Items { get => field ??= []; set; }
}
