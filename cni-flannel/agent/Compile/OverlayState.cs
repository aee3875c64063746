namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>Links, neighbours, FDB entries and routes as they shall be.</summary>
internal sealed record OverlayState
{
    /// <summary>The back end's devices, none for host-gw.</summary>
    public required IReadOnlyList<OverlayDevice> Devices { get; init; }

    /// <summary>The routes, sorted by destination.</summary>
    public required IReadOnlyList<PodRoute> Routes { get; init; }

    /// <summary>Nodes that are left out.</summary>
    public required IReadOnlyList<RefusedPeer> Refused { get; init; }

    /// <summary>The MTU of pods in bytes, FLANNEL_MTU.</summary>
    public required int PodMtu { get; init; }
}
