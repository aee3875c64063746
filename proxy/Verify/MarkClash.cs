using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Ruleset;

namespace Podwire.Proxy.Verify;

/// <summary>
/// Looks for others who use the bit of the packet mark that asks for masquerading: nftables rules that set it or look at it, and policy routing
/// rules. Rules made by iptables cannot be looked into and are not judged.
/// </summary>
internal static class MarkClash
{
    /// <summary>Who uses the bit, such as «table ip calico, chain mangle» or «ip rule 100».</summary>
    public static IReadOnlyList<string> Find(NetNamespace ns, uint bit)
    {
        var found = new List<string>();
        using (var nft = NftSocket.Open(ns))
        {
            foreach (var table in nft.ListTables())
            {
                if (table.Name != TableSchema.TableName)
                {
                    found.AddRange(Chains(nft, table).Where(chain => !IsKubeProxys(chain.Name) && chain.Rules.Any(rule => rule.Statements.Any(statement => Uses(statement, bit)))).Select(chain => $"table {table}, chain {chain.Name}"));
                }
            }
        }

        using var route = ns.Run(RouteSocket.Open);
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            found.AddRange(route.ListRules(family).Where(rule => rule.Mark is { } mark && (mark & (rule.MarkMask ?? uint.MaxValue) & bit) != 0).Select(rule => $"{(family == IpFamily.V4 ? "ip" : "ip -6")} rule {rule.Priority}"));
        }

        return found;
    }

    /// <summary>True if the statement sets the bit, or asks whether it is set.</summary>
    internal static bool Uses(Statement statement, uint bit) => statement switch
    {
        MetaSet { Key: MetaKey.Mark, Value: Constant constant } => (constant.Value.ToUInt32() & bit) != 0,
        MetaSet { Key: MetaKey.Mark, Value: Bitwise bitwise } => (bitwise.Xor.ToUInt32() & bit) != 0,
        Match { Left: Bitwise { Value: Meta { Key: MetaKey.Mark } } bitwise } => (bitwise.Mask.ToUInt32() & bit) != 0,
        Match { Left: Meta { Key: MetaKey.Mark } } match => (match.Right.ToUInt32() & bit) != 0,
        _ => false,
    };

    /// <summary>The chains by which kube-proxy's layout masquerades: ours in the modes iptables and ipvs, or about to be taken over.</summary>
    private static bool IsKubeProxys(string chain) => chain is KubeChains.MarkMasquerade or KubeChains.Postrouting or KubeChains.Forward;

    private static IReadOnlyList<Chain> Chains(NftSocket nft, TableId table)
    {
        try
        {
            return nft.ReadRules(table);
        }
        catch (Exception e) when (e is NetlinkException or ArgumentException)
        {
            // It went meanwhile, or is of a kind that is not ours to read.
            return [];
        }
    }
}
