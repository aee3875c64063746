using Podwire.Primitives;

namespace Podwire.BgpDaemon.Config;

/// <summary>Where neighbours may connect.</summary>
public sealed record ListenAddress(IpAddress Address, int Port);
