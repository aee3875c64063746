using System.Text;
using Podwire.CniBridge.Nftables;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Iptables;

/// <summary>
/// Whether iptables holds something, found out without starting it: a DEL has to remove what the other back end or the reference made, and
/// nearly always there is nothing.
/// </summary>
internal static class IptablesPresence
{
    /// <summary>The programs whose table has, or may have, that chain.</summary>
    /// <param name="nft">A socket to look with; null to open one.</param>
    /// <param name="table">The table.</param>
    /// <param name="chain">The chain.</param>
    internal static IReadOnlyList<(IpFamily Family, IptablesProgram Program)> Holding(NftSocket? nft, string table, string chain)
    {
        IptablesProgram.AwaitOthers();
        using var own = nft is null ? OwnedTable.TryOpen() : null;
        return [.. Look(nft ?? own?.Nft, table, chain)];
    }

    private static IEnumerable<(IpFamily Family, IptablesProgram Program)> Look(NftSocket? nft, string table, string chain)
    {
        foreach (var family in OwnedTable.Families)
        {
            // iptables over nftables keeps its chains in tables of the same names.
            if (nft is not null && nft.HasChain(new TableId(family == IpFamily.V4 ? TableFamily.Ip : TableFamily.Ip6, table), chain)
                && IptablesProgram.TryVariant(family, "-nft") is { } overNftables)
            {
                yield return (family, overNftables);
            }

            // Of the older one the kernel tells only which tables are in use; those are few nodes by now.
            if (IsInUse(family, table) && IptablesProgram.TryVariant(family, "-legacy") is { } legacy)
            {
                yield return (family, legacy);
            }
        }
    }

    private static bool IsInUse(IpFamily family, string table)
    {
        var path = family == IpFamily.V4 ? "/proc/net/ip_tables_names" : "/proc/net/ip6_tables_names";
        try
        {
            return File.Exists(path) && Encoding.ASCII.GetString(File.ReadAllBytes(path)).Split('\n').Contains(table);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
