using Podwire.Netlink.Interop;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>Address translation by registers (net/netfilter/nft_nat.c).</summary>
internal static class NatExpression
{
    public const string Name = "nat";

    private const uint Source = 0, Destination = 1;
    private const uint Choices = (uint)(NatFlags.Random | NatFlags.Persistent | NatFlags.FullyRandom);

    public static void Write(ref NetlinkWriter writer, Nat nat, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_NAT_TYPE, nat.Destination ? Destination : Source);
        writer.UInt32BigEndian(NfTables.NFTA_NAT_FAMILY, (uint)nat.Family);
        writer.UInt32BigEndian(NfTables.NFTA_NAT_REG_ADDR_MIN, Register.Of(slot));
        if (nat.WithPort)
        {
            writer.UInt32BigEndian(NfTables.NFTA_NAT_REG_PROTO_MIN, Register.Of(slot + AddressSlots(nat.Family)));
        }

        if (nat.Flags != NatFlags.None)
        {
            writer.UInt32BigEndian(NfTables.NFTA_NAT_FLAGS, (uint)nat.Flags);
        }

        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint type = 0, family = 0, flags = 0;
        uint? address = null, port = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_NAT_TYPE:
                    type = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_NAT_FAMILY:
                    family = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_NAT_REG_ADDR_MIN:
                    address = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_NAT_REG_PROTO_MIN:
                    port = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_NAT_FLAGS:
                    flags = attributes.UInt32BigEndian();
                    break;
            }
        }

        rule.Add(
            address is { } register && Target(rule, (IpFamily)family, register, port) is { } target
                ? new Nat(type == Destination, (IpFamily)family, target, port is not null, (NatFlags)(flags & Choices))
                : null,
            Name);
    }

    /// <summary>How many slots an address takes.</summary>
    public static int AddressSlots(IpFamily family) => family == IpFamily.V4 ? 1 : 4;

    private static Expression? Target(RuleReader rule, IpFamily family, uint address, uint? port)
    {
        var size = family == IpFamily.V4 ? 4 : 16;
        switch (rule.Take(address, size))
        {
            // The value of a map is address and port side by side.
            case MapLookup lookup when port is null || Register.Slot(port.Value) == Register.Slot(address) + AddressSlots(family):
                return lookup;
            case Constant { Value: var value } constant when value.Length == size:
                if (port is null)
                {
                    return constant;
                }

                Span<byte> both = stackalloc byte[20];
                both.Clear();
                if (rule.Take(port.Value, 2) is not Constant { Value: { Length: 2 } number })
                {
                    return null;
                }

                value.Span.CopyTo(both);
                number.Span.CopyTo(both[size..]);
                return new Constant(NftData.FromBytes(both[..(size + 4)]));
            default:
                return null;
        }
    }
}
