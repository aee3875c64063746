using Podwire.Primitives;

namespace Podwire.NetPolicy.State;

/// <summary>Where pods reach the cluster's resolver: its answers are believed.</summary>
/// <param name="Address">The address that is asked, before any translation.</param>
/// <param name="Port">The port.</param>
internal readonly record struct ResolverAddress(IpAddress Address, ushort Port);
