using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge;

/// <summary>
/// What this kernel can do, tried in a network namespace that nobody else sees. A key whose feature is missing is refused with code 2 and
/// the kernel option's name, before anything changes.
/// </summary>
internal static class KernelFeature
{
    /// <summary>CONFIG_BRIDGE_VLAN_FILTERING.</summary>
    internal static bool HasBridgeVlanFiltering() =>
        Try(s => s.AddLink(new BridgeSpec("probe") { Attributes = new BridgeAttributes { VlanFiltering = true } })) != Errno.EOPNOTSUPP;

    /// <summary>CONFIG_IFB.</summary>
    internal static bool HasIfb() => Try(s => s.AddLink(new IfbSpec("probe"))) != Errno.EOPNOTSUPP;

    /// <summary>CONFIG_MACVLAN. A macvlan on the loopback may be refused by itself, a kind that is not there is refused differently.</summary>
    internal static bool HasMacvlan() => Try(s => s.AddLink(new MacvlanSpec("probe", 1))) != Errno.EOPNOTSUPP;

    /// <summary>CONFIG_NET_SCH_TBF.</summary>
    internal static bool HasTokenBucket() => Try(s => s.AddQdisc(QdiscEntry.TokenBucket(1, TokenBucket.Of(1_000_000, 1_000_000, TimeSpan.FromMilliseconds(25))))) != Errno.ENOENT;

    /// <summary>CONFIG_NF_TABLES_BRIDGE.</summary>
    internal static bool HasBridgeNftables() => ScratchNamespace.Run(() =>
    {
        try
        {
            using var nft = NftSocket.Open();
            nft.Apply(new NftBatch().Add(new AddTable(new TableId(TableFamily.Bridge, "probe"))));
            return true;
        }
        catch (Exception e) when (e is SyscallException or NftException or NetlinkException)
        {
            return false;
        }
    });

    /// <summary>Refuses a key whose feature this kernel does not have.</summary>
    /// <exception cref="CniException">Code 2.</exception>
    internal static void Require(bool present, string key, string option)
    {
        if (!present)
        {
            throw Missing(key, option);
        }
    }

    /// <summary>The refusal of a key.</summary>
    internal static CniException Missing(string key, string option) =>
        new(CniErrorCode.UnsupportedField, $"\"{key}\" needs a kernel with {option}, which this one does not have");

    private static Errno Try(Action<RouteSocket> change) => ScratchNamespace.Run(() =>
    {
        try
        {
            using var socket = RouteSocket.Open();
            change(socket);
            return Errno.None;
        }
        catch (NetlinkException e)
        {
            return e.Errno;
        }
    });
}
