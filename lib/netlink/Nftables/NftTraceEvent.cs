using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>What happened to a traced packet at one place (NFT_MSG_TRACE, linux/netfilter/nf_tables.h).</summary>
/// <param name="Packet">The kernel's number for the packet; events of one packet carry the same.</param>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Kind">What matched.</param>
/// <param name="Handle">The rule's handle; 0 for a policy or the end of a chain.</param>
/// <param name="Verdict">The verdict in nft's words, such as <c>jump KUBE-SERVICES</c>.</param>
/// <param name="Mark">The packet's mark.</param>
public sealed record NftTraceEvent(uint Packet, TableId Table, string Chain, NftTraceKind Kind, ulong Handle, string Verdict, uint Mark);
