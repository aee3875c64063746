namespace Podwire.Iptables;

/// <summary>A program of iptables failed; the message names it, what it said, and the line of its input that it meant.</summary>
public sealed class IptablesException(string message) : Exception(message)
{
    // What the programs print of ENOSPC, ENOMEM, ENFILE, E2BIG and, of iptables-legacy, of ENOMEM (strerror(3) in the C locale, which they never leave; libiptc.c).
    private static readonly string[] OfNoRoom = ["No space left on device", "Cannot allocate memory", "Too many open files in system", "Argument list too long", "Memory allocation problem"];

    /// <summary>True if the kernel has no room for what it was told.</summary>
    public bool IsFull => Array.Exists(OfNoRoom, text => Message.Contains(text, StringComparison.OrdinalIgnoreCase));
}
