using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>
/// Takes an UPDATE apart (RFC 4271 section 4.3, RFC 4760), with the revised error handling of RFC 7606: what can be contained withdraws the
/// routes of this message or drops an attribute, and only what leaves the message unreadable ends the session. Reused for message after message.
/// </summary>
public sealed class UpdateReader
{
    /// <summary>Attributes longer than this cannot be told on with what is added to them; AS numbers of two octets become twice as long here.</summary>
    private const int LongestAttributes = 60_000;
    private readonly byte[] canonical = new byte[2 * MessageHeader.LongestExtendedMessage];
    private int canonicalLength;

    /// <summary>Withdrawn IPv4 prefixes, in the body.</summary>
    public Range Withdrawn { get; private set; }

    /// <summary>Announced IPv4 prefixes, in the body.</summary>
    public Range Nlri { get; private set; }

    /// <summary>The family of MP_REACH_NLRI, if there is one that is spoken.</summary>
    public IpFamily? ReachFamily { get; private set; }

    /// <summary>The prefixes of MP_REACH_NLRI, in the body.</summary>
    public Range Reach { get; private set; }

    /// <summary>The next hop of MP_REACH_NLRI.</summary>
    public IpAddress ReachNextHop { get; private set; }

    /// <summary>The family of MP_UNREACH_NLRI.</summary>
    public IpFamily? UnreachFamily { get; private set; }

    /// <summary>The prefixes of MP_UNREACH_NLRI, in the body.</summary>
    public Range Unreach { get; private set; }

    /// <summary>NEXT_HOP, for the IPv4 prefixes outside of MP_REACH_NLRI.</summary>
    public IpAddress NextHop { get; private set; }

    /// <summary>The attributes in canonical form; see <see cref="PathAttributes.Raw"/>.</summary>
    public ReadOnlySpan<byte> Attributes => canonical.AsSpan(0, canonicalLength);

    /// <summary>What makes the announced prefixes of this message count as withdrawn (RFC 7606 section 2); null where all is well.</summary>
    public string? Withdraws { get; private set; }

    /// <summary>Attributes that were dropped (RFC 7606 "attribute discard").</summary>
    public int Discarded { get; private set; }

    /// <summary>True if the message carries nothing at all: the End-of-RIB of IPv4 (RFC 4724 section 2).</summary>
    public bool IsEmpty { get; private set; }

    /// <summary>Reads a body (without the header). <paramref name="isInternal"/>: the session is within the AS.</summary>
    /// <exception cref="BgpProtocolException">Lengths that contradict each other, or a doubled MP attribute.</exception>
    public void Read(ReadOnlySpan<byte> body, bool hasFourOctetAs, bool isInternal)
    {
        (ReachFamily, UnreachFamily, Reach, Unreach, NextHop, ReachNextHop, Withdraws, Discarded, canonicalLength) = (null, null, default, default, default, default, null, 0, 0);
        if (body.Length < 4)
        {
            throw Malformed("the UPDATE is cut off");
        }

        var withdrawn = BinaryPrimitives.ReadUInt16BigEndian(body);
        if (2 + withdrawn + 2 > body.Length)
        {
            throw Malformed("the withdrawn routes overrun the message");
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(body[(2 + withdrawn)..]);
        var start = 4 + withdrawn;
        if (start + length > body.Length)
        {
            throw Malformed("the path attributes overrun the message");
        }

        Withdrawn = 2..(2 + withdrawn);
        Nlri = (start + length)..body.Length;
        IsEmpty = body.Length == 4;
        ReadAttributes(body, start, length, hasFourOctetAs, isInternal);
    }

    private void ReadAttributes(ReadOnlySpan<byte> body, int start, int length, bool hasFourOctetAs, bool isInternal)
    {
        var attributes = new AttributeEnumerator(body.Slice(start, length));
        Span<bool> seen = stackalloc bool[256];
        seen.Clear();
        var as4Path = default(ReadOnlySpan<byte>);
        var as4Aggregator = default(ReadOnlySpan<byte>);
        var aggregator = default(ReadOnlySpan<byte>);
        while (attributes.MoveNext())
        {
            var type = attributes.Type;
            if (seen[(byte)type])
            {
                if (type is AttributeType.MpReach or AttributeType.MpUnreach)
                {
                    throw Malformed($"{type} stands twice");
                }

                Discarded++;
                continue;
            }

            seen[(byte)type] = true;
            var at = start + attributes.ValueOffset;
            if (type is AttributeType.MpReach or AttributeType.MpUnreach && (attributes.Flags & (AttributeFlags.Optional | AttributeFlags.Transitive)) != AttributeFlags.Optional)
            {
                Withdraws ??= $"the flags of {type} are wrong";
            }

            switch (type)
            {
                case AttributeType.MpReach:
                    ReadReach(attributes.Value, at);
                    break;
                case AttributeType.MpUnreach:
                    ReadUnreach(attributes.Value, at);
                    break;
                case AttributeType.As4Path when !hasFourOctetAs && AsPathSegment.IsWellFormed(attributes.Value, 4, allowsConfederations: true):
                    as4Path = attributes.Value;
                    break;
                case AttributeType.As4Aggregator when !hasFourOctetAs && attributes.Value.Length == 8:
                    as4Aggregator = attributes.Value;
                    break;
                case AttributeType.As4Path or AttributeType.As4Aggregator:
                    Discarded++;
                    break;
                default:
                    aggregator = type == AttributeType.Aggregator ? attributes.Value : aggregator;
                    Keep(ref attributes, hasFourOctetAs, isInternal);
                    break;
            }
        }

        if (attributes.IsTruncated)
        {
            Withdraws ??= "an attribute is cut off";
        }

        if (canonicalLength > LongestAttributes)
        {
            Withdraws ??= $"attributes of {canonicalLength} octets";
        }

        // Where the aggregator's number fits two octets, a speaker that knows no more has aggregated: the others say what was before (RFC 6793 section 4.2.3).
        var isTranslated = aggregator.Length != 6 || BinaryPrimitives.ReadUInt16BigEndian(aggregator) == OpenMessage.AsTrans || as4Aggregator.IsEmpty;
        if (Withdraws is null && isTranslated && (!as4Path.IsEmpty || !as4Aggregator.IsEmpty))
        {
            Merge(as4Path, as4Aggregator);
        }

        if (Nlri.End.Value > Nlri.Start.Value || ReachFamily is not null)
        {
            RequireMandatory(seen, isInternal);
        }
        else if (Withdraws is { } problem && !seen[(byte)AttributeType.MpReach])
        {
            // Nothing is announced that could count as withdrawn: it may be the announcement that could not be read (RFC 7606 section 5.2).
            throw Malformed(problem);
        }
    }

    private void Keep(ref AttributeEnumerator attribute, bool hasFourOctetAs, bool isInternal)
    {
        switch (AttributeRules.Judge(attribute.Type, attribute.Flags, attribute.Value, hasFourOctetAs, isInternal))
        {
            case AttributeVerdict.Withdraw:
                Withdraws ??= $"a malformed {attribute.Type} attribute";
                return;
            case AttributeVerdict.Discard:
                Discarded++;
                return;
        }

        if (attribute.Type == AttributeType.NextHop)
        {
            NextHop = IpAddress.FromBytes(attribute.Value);
            return;
        }

        if (!hasFourOctetAs && attribute.Type is AttributeType.AsPath or AttributeType.Aggregator)
        {
            Widen(ref attribute);
            return;
        }

        Append(attribute.Type, attribute.Flags, attribute.Value);
    }

    private void Widen(ref AttributeEnumerator attribute)
    {
        Span<byte> value = new byte[2 * attribute.Value.Length + 8];
        int written;
        if (attribute.Type == AttributeType.AsPath)
        {
            written = AsPathSegment.Widen(attribute.Value, value);
        }
        else
        {
            attribute.Value.CopyTo(value[2..]);
            written = attribute.Value.Length + 2;
        }

        Append(attribute.Type, attribute.Flags, value[..written]);
    }

    /// <summary>Writes an attribute with the shortest header, so that equal attributes are equal bytes.</summary>
    private void Append(AttributeType type, AttributeFlags flags, ReadOnlySpan<byte> value) =>
        canonicalLength += AttributeWriter.Put(canonical.AsSpan(canonicalLength), type, flags, value);

    private void Merge(ReadOnlySpan<byte> as4Path, ReadOnlySpan<byte> as4Aggregator)
    {
        var before = Attributes.ToArray();
        canonicalLength = 0;
        var attributes = new AttributeEnumerator(before);
        while (attributes.MoveNext())
        {
            Append(attributes.Type, attributes.Flags, attributes.Type switch
            {
                AttributeType.AsPath when !as4Path.IsEmpty => AsPathSegment.Merge(attributes.Value, as4Path),
                AttributeType.Aggregator when !as4Aggregator.IsEmpty => as4Aggregator,
                _ => attributes.Value,
            });
        }
    }

    private void RequireMandatory(ReadOnlySpan<bool> seen, bool isInternal)
    {
        AttributeType? missing = !seen[(byte)AttributeType.Origin] ? AttributeType.Origin
            : !seen[(byte)AttributeType.AsPath] ? AttributeType.AsPath
            : Nlri.End.Value > Nlri.Start.Value && !seen[(byte)AttributeType.NextHop] ? AttributeType.NextHop
            : isInternal && !seen[(byte)AttributeType.LocalPref] ? AttributeType.LocalPref
            : null;
        if (missing is { } type)
        {
            Withdraws ??= $"there is no {type} attribute";
        }
    }

    /// <summary>MP_REACH_NLRI: family, next hop, a reserved octet, prefixes (RFC 4760 section 3).</summary>
    private void ReadReach(ReadOnlySpan<byte> value, int at)
    {
        if (value.Length < 5 || value.Length < 5 + value[3])
        {
            throw Malformed("MP_REACH_NLRI is cut off");
        }

        if (!AddressFamily.TryRead(BinaryPrimitives.ReadUInt16BigEndian(value), value[2], out var family))
        {
            return;
        }

        // Of an IPv6 next hop with a link-local one behind it (RFC 2545 section 3) the global one counts.
        var hop = value.Slice(4, value[3]);
        ReachFamily = family;
        Reach = (at + 5 + value[3])..(at + value.Length);
        if (hop.Length is not (4 or 16 or 32))
        {
            throw Malformed($"a next hop of {hop.Length} octets");
        }

        ReachNextHop = IpAddress.FromBytes(hop[..Math.Min(16, hop.Length)]);
        if (!AttributeRules.IsNextHop(ReachNextHop) && !(ReachNextHop.IsUnspecified && hop.Length == 32))
        {
            Withdraws ??= $"the next hop {ReachNextHop} is none";
        }
        else if (ReachNextHop.IsUnspecified)
        {
            ReachNextHop = IpAddress.FromBytes(hop[16..]);
        }
    }

    private void ReadUnreach(ReadOnlySpan<byte> value, int at)
    {
        if (value.Length < 3)
        {
            throw Malformed("MP_UNREACH_NLRI is cut off");
        }

        if (AddressFamily.TryRead(BinaryPrimitives.ReadUInt16BigEndian(value), value[2], out var family))
        {
            UnreachFamily = family;
            Unreach = (at + 3)..(at + value.Length);
        }
    }

    private static BgpProtocolException Malformed(string message) => new(BgpErrorCode.UpdateMessage, BgpSubcode.UpdateMalformedAttributeList, message);
}
