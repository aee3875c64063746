using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>Bytes of the packet to a register (net/netfilter/nft_payload.c).</summary>
internal static class PayloadExpression
{
    public const string Name = "payload";

    public static void Write(ref NetlinkWriter writer, Payload payload, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_PAYLOAD_DREG, Register.Of(slot));
        writer.UInt32BigEndian(NfTables.NFTA_PAYLOAD_BASE, (uint)payload.Base);
        writer.UInt32BigEndian(NfTables.NFTA_PAYLOAD_OFFSET, (uint)payload.Offset);
        writer.UInt32BigEndian(NfTables.NFTA_PAYLOAD_LEN, (uint)payload.Length);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint register = 0, header = 0, offset = 0, length = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_PAYLOAD_DREG:
                    register = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_PAYLOAD_BASE:
                    header = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_PAYLOAD_OFFSET:
                    offset = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_PAYLOAD_LEN:
                    length = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_PAYLOAD_SREG:
                    rule.Unknown("payload write");
                    return;
            }
        }

        rule.Load(register, new Payload((PayloadBase)header, (int)offset, (int)length));
    }
}
