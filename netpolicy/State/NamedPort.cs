using Podwire.Primitives;

namespace Podwire.NetPolicy.State;

/// <summary>A port that a pod's container gives a name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Protocol">Its protocol: a name means both together.</param>
/// <param name="Port">The number.</param>
internal readonly record struct NamedPort(string Name, IpProtocol Protocol, ushort Port);
