using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>Where a forwarder works.</summary>
/// <param name="Device">The TUN device.</param>
/// <param name="Local">The underlay address it sends from and receives at.</param>
/// <param name="Port">The UDP port, here and at the other nodes.</param>
/// <param name="PodAddress">The device's address: the source of ICMP errors.</param>
internal sealed record UdpEndpoint(string Device, IpAddress Local, ushort Port, IpAddress PodAddress);
