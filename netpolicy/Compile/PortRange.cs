namespace Podwire.NetPolicy.Compile;

/// <summary>A range on the <see cref="PortLine"/>, both ends included.</summary>
internal readonly record struct PortRange(uint From, uint To);
