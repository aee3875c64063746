using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>A vxlan device as it shall be.</summary>
/// <param name="Name">flannel.VNI, or flannel-v6.VNI.</param>
/// <param name="Family">The family it carries, inside and outside.</param>
internal sealed record VxlanDevice(string Name, IpFamily Family) : OverlayDevice(Name, Family)
{
    /// <inheritdoc/>
    public override string Kind => "vxlan";

    /// <inheritdoc/>
    public override MacAddress? HardwareAddress => Mac;

    /// <summary>The network identifier.</summary>
    public required uint Vni { get; init; }

    /// <summary>The UDP port.</summary>
    public required ushort Port { get; init; }

    /// <summary>The index of the underlay interface.</summary>
    public required int ParentIndex { get; init; }

    /// <summary>Whether it learns.</summary>
    public required bool Learning { get; init; }

    /// <summary>The group policy extension.</summary>
    public required bool Gbp { get; init; }

    /// <summary>Its Ethernet address, which the other nodes know.</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>The other nodes' devices, sorted by address.</summary>
    public required IReadOnlyList<VtepPeer> Peers { get; init; }
}
