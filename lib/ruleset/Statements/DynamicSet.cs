namespace Podwire.Ruleset;

/// <summary>
/// Writes to a set from the packet path: <c>update @affinity { ip saddr timeout 3h }</c>. Sets only: <c>nft list</c> aborts on a map
/// whose written data was itself looked up, so that is not offered.
/// </summary>
/// <param name="Operation">What is done.</param>
/// <param name="Set">A named set with <see cref="SetFlags.Dynamic"/>.</param>
/// <param name="Key">The key.</param>
/// <param name="Timeout">How long the element lives, instead of the set's default.</param>
public sealed record DynamicSet(DynamicSetOperation Operation, string Set, Expression Key, TimeSpan? Timeout = null) : Statement;
