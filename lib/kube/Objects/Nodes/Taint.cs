namespace Podwire.Kube.Objects;

/// <summary>Keeps pods away that do not tolerate it.</summary>
public sealed class Taint : KubeValue
{
    /// <summary>The key.</summary>
    public string Key { get; set; } = "";

    /// <summary>The value.</summary>
    public string? Value { get; set; }

    /// <summary><c>NoSchedule</c>, <c>PreferNoSchedule</c> or <c>NoExecute</c>.</summary>
    public string Effect { get; set; } = "";

    /// <summary>Since when, for NoExecute.</summary>
    public DateTimeOffset? TimeAdded { get; set; }
}
