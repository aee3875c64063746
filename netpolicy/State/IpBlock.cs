using Podwire.Primitives;

namespace Podwire.NetPolicy.State;

/// <summary>A block of addresses without some blocks in it.</summary>
/// <param name="Prefix">The block, without host bits.</param>
/// <param name="Except">What is left out.</param>
internal sealed record IpBlock(IpPrefix Prefix, IpPrefix[] Except)
{
    /// <summary>True if the address is in it and in none of the exceptions.</summary>
    public bool Contains(IpAddress address) => Prefix.Contains(address) && !Array.Exists(Except, except => except.Contains(address));
}
