namespace Podwire.Kube.Objects;

/// <summary>Capabilities beyond or below the runtime's default.</summary>
public sealed class Capabilities : KubeValue
{
    /// <summary>Names without CAP_, or <c>ALL</c>.</summary>
    public List<string> Add { get => field ??= []; set; }

    /// <summary>Names without CAP_, or <c>ALL</c>.</summary>
    public List<string> Drop { get => field ??= []; set; }
}
