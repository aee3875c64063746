using Podwire.Primitives;

namespace Podwire.BgpDaemon.Loop;

/// <summary>How a session stands.</summary>
/// <param name="Neighbor">The neighbour's address.</param>
/// <param name="IsEstablished">True if routes are exchanged.</param>
/// <param name="Error">Why the last attempt or session ended; empty if none has.</param>
/// <param name="HasPassword">True if the two ends need the same TCP MD5 key.</param>
public sealed record SessionReport(IpAddress Neighbor, bool IsEstablished, string Error, bool HasPassword);
