namespace Podwire.Kube.Objects;

/// <summary>A pause.</summary>
public sealed class SleepAction : KubeValue
{
    /// <summary>How long.</summary>
    public long Seconds { get; set; }
}
