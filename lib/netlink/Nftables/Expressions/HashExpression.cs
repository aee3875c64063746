using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>Jenkins' hash of registers to a register (net/netfilter/nft_hash.c).</summary>
internal static class HashExpression
{
    public const string Name = "hash";

    public static void Write(ref NetlinkWriter writer, Jhash hash, int inputSlot, int inputLength, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_HASH_SREG, Register.Of(inputSlot));
        writer.UInt32BigEndian(NfTables.NFTA_HASH_DREG, Register.Of(slot));
        writer.UInt32BigEndian(NfTables.NFTA_HASH_LEN, (uint)inputLength);
        writer.UInt32BigEndian(NfTables.NFTA_HASH_MODULUS, hash.Modulus);
        if (hash.Seed is { } seed)
        {
            writer.UInt32BigEndian(NfTables.NFTA_HASH_SEED, seed);
        }

        if (hash.Offset != 0)
        {
            writer.UInt32BigEndian(NfTables.NFTA_HASH_OFFSET, hash.Offset);
        }

        writer.UInt32BigEndian(NfTables.NFTA_HASH_TYPE, 0);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint from = 0, to = 0, length = 0, modulus = 0, offset = 0, type = 0;
        uint? seed = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_HASH_SREG:
                    from = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_HASH_DREG:
                    to = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_HASH_LEN:
                    length = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_HASH_MODULUS:
                    modulus = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_HASH_SEED:
                    seed = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_HASH_OFFSET:
                    offset = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_HASH_TYPE:
                    type = attributes.UInt32BigEndian();
                    break;
            }
        }

        if (type != 0 || rule.Take(from, (int)length) is not { } input)
        {
            rule.Unknown(Name);
            return;
        }

        rule.Load(to, new Jhash(input, modulus, seed, offset));
    }
}
