namespace Podwire.Ruleset;

/// <summary>Copies packets to a group of nfnetlink_log (<c>log group 5</c>) or, without a group, to the kernel log.</summary>
/// <param name="Group">The nfnetlink_log group.</param>
/// <param name="Prefix">At most 127 characters, without quotes.</param>
public sealed record Log(ushort? Group, string? Prefix = null) : Statement;
