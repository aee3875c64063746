namespace Podwire.Netlink.Route;

/// <summary>The VLANs of one bridge port.</summary>
/// <param name="Port">The port's interface index.</param>
/// <param name="Vlans">One by one, ascending.</param>
internal sealed record PortVlans(int Port, List<BridgeVlan> Vlans);
