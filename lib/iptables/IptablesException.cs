namespace Podwire.Iptables;

/// <summary>A program of iptables failed; the message names it, what it said, and the line of its input that it meant.</summary>
public sealed class IptablesException(string message) : Exception(message);
