namespace Podwire.Netlink.Nftables;

/// <summary>Chooses elements by their bytes, before anything is made of them.</summary>
/// <param name="key">The key.</param>
/// <param name="data">The value; empty for a set, and for a verdict map.</param>
/// <param name="comment">The remark in UTF-8; empty for none.</param>
public delegate bool ElementFilter(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> comment);
