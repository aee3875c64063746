namespace Podwire.Kube.Objects;

/// <summary>One fault in a <see cref="StatusDetails"/>.</summary>
public sealed class StatusCause : KubeValue
{
    /// <summary>One CamelCase word, such as <c>FieldValueInvalid</c>.</summary>
    public string? Reason { get; set; }

    /// <summary>One sentence for people.</summary>
    public string? Message { get; set; }

    /// <summary>The field's path, such as <c>spec.containers[0].image</c>.</summary>
    public string? Field { get; set; }
}
