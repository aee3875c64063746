using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>Exempts the packet from connection tracking (net/netfilter/nft_ct.c).</summary>
internal static class NotrackExpression
{
    public const string Name = "notrack";

    public static void Write(ref NetlinkWriter writer) => ExpressionFrame.Begin(ref writer, Name).End(ref writer);

    public static void Read(RuleReader rule) => rule.Add(new Notrack(), Name);
}
