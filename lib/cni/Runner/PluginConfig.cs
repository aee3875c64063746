namespace Podwire.Cni;

/// <summary>One plugin's place in a list: its type, the capabilities it declares, and its configuration as it was written.</summary>
public sealed record PluginConfig(string Type, IReadOnlySet<string> Capabilities, ReadOnlyMemory<byte> Json);
