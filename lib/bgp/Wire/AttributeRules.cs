using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>When an attribute is malformed, and what follows from it (RFC 7606 section 7).</summary>
internal static class AttributeRules
{
    public static AttributeVerdict Judge(AttributeType type, AttributeFlags flags, ReadOnlySpan<byte> value, bool hasFourOctetAs, bool isInternal)
    {
        if (FlagsOf(type) is { } expected && (flags & (AttributeFlags.Optional | AttributeFlags.Transitive)) != expected)
        {
            return type is AttributeType.AtomicAggregate or AttributeType.Aggregator ? AttributeVerdict.Discard : AttributeVerdict.Withdraw;
        }

        var isGood = type switch
        {
            AttributeType.Origin => value.Length == 1 && value[0] <= 2,
            AttributeType.AsPath => AsPathSegment.IsWellFormed(value, hasFourOctetAs ? 4 : 2),
            AttributeType.NextHop => value.Length == 4 && IsNextHop(IpAddress.FromBytes(value)),
            AttributeType.MultiExitDisc => value.Length == 4,
            AttributeType.LocalPref or AttributeType.OriginatorId => !isInternal || value.Length == 4,
            AttributeType.ClusterList => !isInternal || (value.Length > 0 && value.Length % 4 == 0),
            AttributeType.AtomicAggregate => value.Length == 0,
            AttributeType.Aggregator => value.Length == (hasFourOctetAs ? 8 : 6),
            AttributeType.Communities => value.Length > 0 && value.Length % 4 == 0,
            AttributeType.ExtendedCommunities => value.Length > 0 && value.Length % 8 == 0,
            AttributeType.LargeCommunities => value.Length > 0 && value.Length % 12 == 0,
            _ => true,
        };
        if (!isGood)
        {
            return type is AttributeType.AtomicAggregate or AttributeType.Aggregator ? AttributeVerdict.Discard : AttributeVerdict.Withdraw;
        }

        return type switch
        {
            // From outside of the AS these mean nothing.
            AttributeType.LocalPref or AttributeType.OriginatorId or AttributeType.ClusterList when !isInternal => AttributeVerdict.Discard,
            _ when FlagsOf(type) is null && (flags & AttributeFlags.Optional) == 0 => AttributeVerdict.Withdraw,
            _ when FlagsOf(type) is null && (flags & AttributeFlags.Transitive) == 0 => AttributeVerdict.Discard,
            _ => AttributeVerdict.Keep,
        };
    }

    /// <summary>A unicast address that packets can be sent to.</summary>
    public static bool IsNextHop(IpAddress address) => !address.IsUnspecified && !address.IsMulticast && !address.IsLoopback && !(address.IsV4 && (uint)address.Value >> 28 == 0xF);

    /// <summary>The optional and transitive bits of the attributes that are known; null for others.</summary>
    internal static AttributeFlags? FlagsOf(AttributeType type) => type switch
    {
        AttributeType.Origin or AttributeType.AsPath or AttributeType.NextHop or AttributeType.LocalPref or AttributeType.AtomicAggregate => AttributeFlags.Transitive,
        AttributeType.Aggregator or AttributeType.Communities or AttributeType.ExtendedCommunities or AttributeType.LargeCommunities => AttributeFlags.Optional | AttributeFlags.Transitive,
        AttributeType.MultiExitDisc or AttributeType.OriginatorId or AttributeType.ClusterList => AttributeFlags.Optional,
        _ => null,
    };
}
