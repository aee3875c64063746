using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>A committed batch, whoever made it (NFT_MSG_NEWGEN and what was announced before it).</summary>
/// <param name="Generation">The generation from then on.</param>
/// <param name="PortId">The netlink port that sent it; compare with <see cref="NftSocket.PortId"/>.</param>
/// <param name="ThreadId">The thread that sent it, as seen from this PID namespace (of a single-threaded program the process); 0 where the kernel does not say.</param>
/// <param name="ThreadName">The name of that thread (at most 15 bytes), such as <c>nft</c>.</param>
/// <param name="Tables">The tables it touched.</param>
public sealed record NftChange(uint Generation, uint PortId, uint ThreadId, string ThreadName, IReadOnlyList<TableId> Tables)
{
    /// <summary>The chains it touched: made, deleted or changed themselves, or a rule in them.</summary>
    public IReadOnlyList<(TableId Table, string Chain)> Chains { get; init; } = [];
}
