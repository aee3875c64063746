namespace Podwire.NetPolicy.Domains;

/// <summary>A DNS message that cannot be read; the message tells what is wrong and where.</summary>
internal sealed class DnsFormatException(string problem, int offset) : Exception($"{problem} at byte {offset}");
