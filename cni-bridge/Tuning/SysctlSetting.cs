namespace Podwire.CniBridge.Tuning;

/// <summary>A sysctl and the value it shall have.</summary>
/// <param name="Name">The key as a configuration writes it, or the path below /proc/sys.</param>
/// <param name="Value">The text to write.</param>
internal sealed record SysctlSetting(string Name, string Value);
