using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A routing look-up to a register (net/netfilter/nft_fib.c).</summary>
internal static class FibExpression
{
    public const string Name = "fib";

    public static void Write(ref NetlinkWriter writer, Fib fib, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_FIB_DREG, Register.Of(slot));
        writer.UInt32BigEndian(NfTables.NFTA_FIB_RESULT, (uint)fib.Result);
        writer.UInt32BigEndian(NfTables.NFTA_FIB_FLAGS, (uint)fib.Flags);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint register = 0, result = 0, flags = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_FIB_DREG:
                    register = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_FIB_RESULT:
                    result = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_FIB_FLAGS:
                    flags = attributes.UInt32BigEndian();
                    break;
            }
        }

        rule.Load(register, new Fib((FibFlags)flags, (FibResult)result));
    }
}
