using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>The state of a <see cref="PodObject"/>.</summary>
internal sealed class PodObjectStatus
{
    /// <summary>Pending, Running, Succeeded, Failed or Unknown.</summary>
    public string? Phase { get; set; }

    /// <summary>The first address.</summary>
    public string? PodIP { get; set; }

    /// <summary>All addresses, at most one per family.</summary>
    public List<PodIP> PodIPs { get => field ??= []; set; }
}
