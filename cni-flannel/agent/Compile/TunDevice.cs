using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>The TUN device of the udp back end as it shall be, and what its forwarder has to know.</summary>
internal sealed record TunDevice() : OverlayDevice(DeviceName, IpFamily.V4)
{
    /// <summary>The name, flannel's own.</summary>
    public const string DeviceName = "flannel0";

    /// <inheritdoc/>
    public override string Kind => "tun";

    /// <summary>The UDP port of every node.</summary>
    public required ushort Port { get; init; }

    /// <summary>The other nodes, sorted by pod subnet.</summary>
    public required IReadOnlyList<TunPeer> Peers { get; init; }
}
