using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>One port of a Service (ServicePort, core/v1).</summary>
/// <param name="Name">Its name; empty for the only port of a Service.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Port">The port at the Service's addresses, 1 to 65535.</param>
/// <param name="NodePort">The port at the node's addresses, or 0.</param>
internal readonly record struct PortRecord(string Name, IpProtocol Protocol, ushort Port, ushort NodePort);
