using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>A policy routing rule that sends matching packets to a table (RTM_NEWRULE, linux/fib_rules.h, ip-rule(8)).</summary>
/// <param name="Family">The address family whose packets it is asked for.</param>
/// <param name="Priority">Its place: lower comes first.</param>
/// <param name="Table">The routing table.</param>
public sealed record RuleEntry(IpFamily Family, uint Priority, uint Table)
{
    /// <summary>Only packets to this network.</summary>
    public IpPrefix? Destination { get; init; }

    /// <summary>Only packets from this network.</summary>
    public IpPrefix? Source { get; init; }

    /// <summary>Only packets with this mark.</summary>
    public uint? Mark { get; init; }

    /// <summary>Which bits of the mark are compared; all if null.</summary>
    public uint? MarkMask { get; init; }

    /// <summary>Only packets that came in by this interface.</summary>
    public string? InputInterface { get; init; }

    /// <summary>Only packets that a socket bound to this interface sends.</summary>
    public string? OutputInterface { get; init; }

    /// <summary>For error texts.</summary>
    public override string ToString() => $"{Priority} to table {Table}";

    internal void Encode(ref NetlinkWriter writer, ushort type, NetlinkFlags flags)
    {
        writer.BeginMessage(type, flags);
        writer.Header(new FibRuleHdr
        {
            Family = (byte)Family,
            DestinationLength = Destination?.Length ?? 0,
            SourceLength = Source?.Length ?? 0,
            Table = Table < 256 ? (byte)Table : (byte)0,
            Action = FibRules.FR_ACT_TO_TBL,
        });
        writer.UInt32(FibRules.FRA_PRIORITY, Priority);
        writer.UInt32(FibRules.FRA_TABLE, Table);
        if (Destination is { Length: > 0 } destination)
        {
            writer.Address(FibRules.FRA_DST, destination.First);
        }

        if (Source is { Length: > 0 } source)
        {
            writer.Address(FibRules.FRA_SRC, source.First);
        }

        if (Mark is { } mark)
        {
            writer.UInt32(FibRules.FRA_FWMARK, mark);
        }

        if (MarkMask is { } mask)
        {
            writer.UInt32(FibRules.FRA_FWMASK, mask);
        }

        if (InputInterface is not null)
        {
            writer.String(FibRules.FRA_IIFNAME, InputInterface);
        }

        if (OutputInterface is not null)
        {
            writer.String(FibRules.FRA_OIFNAME, OutputInterface);
        }

        writer.EndMessage();
    }

    internal static void EncodeDump(ref NetlinkWriter writer, IpFamily family)
    {
        writer.BeginMessage(RtNetlink.RTM_GETRULE, NetlinkFlags.Dump);
        writer.Header(new FibRuleHdr { Family = (byte)family });
        writer.EndMessage();
    }

    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out RuleEntry rule)
    {
        rule = null;
        if (message.Type is not (RtNetlink.RTM_NEWRULE or RtNetlink.RTM_DELRULE))
        {
            return false;
        }

        var attributes = message.Attributes(FibRuleHdr.Length);
        var header = MemoryMarshal.Read<FibRuleHdr>(message.Payload);
        if (header.Action != FibRules.FR_ACT_TO_TBL || header.Family is not ((byte)IpFamily.V4 or (byte)IpFamily.V6))
        {
            return false;
        }

        uint table = header.Table, priority = 0;
        uint? mark = null, mask = null;
        IpPrefix? destination = null, source = null;
        string? input = null, output = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case FibRules.FRA_PRIORITY:
                    priority = attributes.UInt32();
                    break;
                case FibRules.FRA_TABLE:
                    table = attributes.UInt32();
                    break;
                case FibRules.FRA_DST:
                    destination = Prefix(attributes, header.DestinationLength);
                    break;
                case FibRules.FRA_SRC:
                    source = Prefix(attributes, header.SourceLength);
                    break;
                case FibRules.FRA_FWMARK:
                    mark = attributes.UInt32();
                    break;
                case FibRules.FRA_FWMASK:
                    mask = attributes.UInt32();
                    break;
                case FibRules.FRA_IIFNAME:
                    input = attributes.String();
                    break;
                case FibRules.FRA_OIFNAME:
                    output = attributes.String();
                    break;
            }
        }

        rule = new RuleEntry((IpFamily)header.Family, priority, table)
        {
            Destination = destination,
            Source = source,
            Mark = mark,
            MarkMask = mask,
            InputInterface = input,
            OutputInterface = output,
        };
        return true;
    }

    private static IpPrefix Prefix(in AttributeReader attribute, byte length)
    {
        var address = attribute.Address();
        return length <= address.Bits
            ? new IpPrefix(address, length)
            : throw new NetlinkProtocolException($"{address} with a prefix of {length} bits", attribute.Offset);
    }
}
