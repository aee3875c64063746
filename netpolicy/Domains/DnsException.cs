namespace Podwire.NetPolicy.Domains;

/// <summary>A name could not be resolved; the message says why.</summary>
internal sealed class DnsException(string message) : Exception(message);
