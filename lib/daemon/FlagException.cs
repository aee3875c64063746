namespace Podwire.Daemon;

/// <summary>A flag's value that cannot be used; the message names the flag and what it takes. Programs print it and exit with 2.</summary>
public sealed class FlagException(string message) : Exception(message);
