using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>The declaration of a chain (NFTA_CHAIN_*, NFTA_HOOK_*).</summary>
internal static class ChainMessage
{
    private const uint PolicyDrop = 0, PolicyAccept = 1;

    /// <summary>Writes the attributes of NFT_MSG_NEWCHAIN.</summary>
    public static void Write(ref NetlinkWriter writer, TableId table, Chain chain)
    {
        writer.String(NfTables.NFTA_CHAIN_TABLE, table.Name);
        writer.String(NfTables.NFTA_CHAIN_NAME, chain.Name);
        if (chain.Base is { } hook)
        {
            var token = writer.BeginNested(NfTables.NFTA_CHAIN_HOOK);
            writer.UInt32BigEndian(NfTables.NFTA_HOOK_HOOKNUM, HookNumber(table.Family, hook.Hook));
            writer.UInt32BigEndian(NfTables.NFTA_HOOK_PRIORITY, (uint)hook.Priority);
            if (hook.Device is { } device)
            {
                writer.String(NfTables.NFTA_HOOK_DEV, device);
            }

            writer.EndNested(token);
            writer.String(NfTables.NFTA_CHAIN_TYPE, TypeName(hook.Type));
            writer.UInt32BigEndian(NfTables.NFTA_CHAIN_POLICY, hook.DropByDefault ? PolicyDrop : PolicyAccept);
        }

        Userdata.WriteComment(ref writer, NfTables.NFTA_CHAIN_USERDATA, chain.Comment);
    }

    /// <summary>Reads a declaration, and the name of the table it is in.</summary>
    public static Chain Read(AttributeReader attributes, TableFamily family, out string table)
    {
        table = string.Empty;
        string name = string.Empty, type = string.Empty;
        string? comment = null, device = null;
        uint number = 0, policy = PolicyAccept;
        var priority = 0;
        var isBase = false;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_CHAIN_TABLE:
                    table = attributes.String();
                    break;
                case NfTables.NFTA_CHAIN_NAME:
                    name = attributes.String();
                    break;
                case NfTables.NFTA_CHAIN_TYPE:
                    type = attributes.String();
                    break;
                case NfTables.NFTA_CHAIN_POLICY:
                    policy = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_CHAIN_USERDATA:
                    comment = Userdata.ReadComment(attributes.Data);
                    break;
                case NfTables.NFTA_CHAIN_HOOK:
                    isBase = true;
                    ReadHook(attributes.Nested(), out number, out priority, out device);
                    break;
            }
        }

        return new Chain
        {
            Name = name,
            Comment = comment,
            Base = isBase ? new BaseChain(TypeOf(type), Hook(family, number), priority, policy == PolicyDrop, device) : null,
        };
    }

    private static void ReadHook(AttributeReader attributes, out uint number, out int priority, out string? device)
    {
        (number, priority, device) = (0, 0, null);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_HOOK_HOOKNUM:
                    number = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_HOOK_PRIORITY:
                    priority = (int)attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_HOOK_DEV:
                    device = attributes.String();
                    break;
            }
        }
    }

    // The netdev family numbers its two hooks from 0 (NF_NETDEV_INGRESS, NF_NETDEV_EGRESS).
    private static uint HookNumber(TableFamily family, ChainHook hook) => family == TableFamily.Netdev ? (uint)hook - (uint)ChainHook.Ingress : (uint)hook;

    private static ChainHook Hook(TableFamily family, uint number) => family == TableFamily.Netdev ? ChainHook.Ingress + (int)number : (ChainHook)number;

    private static string TypeName(ChainType type) => type switch
    {
        ChainType.Nat => "nat",
        ChainType.Route => "route",
        _ => "filter",
    };

    private static ChainType TypeOf(string name) => name switch
    {
        "nat" => ChainType.Nat,
        "route" => ChainType.Route,
        _ => ChainType.Filter,
    };
}
