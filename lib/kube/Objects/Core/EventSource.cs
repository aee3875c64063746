namespace Podwire.Kube.Objects;

/// <summary>Who tells an event.</summary>
public sealed class EventSource : KubeValue
{
    /// <summary>The program.</summary>
    public string? Component { get; set; }

    /// <summary>The node it runs on.</summary>
    public string? Host { get; set; }
}
