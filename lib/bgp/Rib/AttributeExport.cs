using System.Buffers.Binary;
using Podwire.Bgp.Policy;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>Turns a path's attributes into those that a group is told (RFC 4271 section 5.1, RFC 4456 section 8).</summary>
internal static class AttributeExport
{
    public static OutAttributes Build(PathAttributes path, RoutePeer source, GroupKey group, RouteAction action)
    {
        var nextHop = NextHop(path, group);
        // Twice: to speakers of two-octet AS numbers the path goes out in two attributes.
        var buffer = new byte[(2 * path.Raw.Length) + 1024 + (4 * (path.ClusterList.Length + (action.AddCommunities?.Count ?? 0))) + (12 * ((action.Prepend?.Count ?? 0) + (action.AddLargeCommunities?.Count ?? 0)))];
        var writer = new Writer(buffer);
        var asPath = AsPath(path, group, action);
        writer.Put(AttributeType.Origin, AttributeFlags.Transitive, [path.Origin]);
        WriteAsPath(ref writer, asPath, group.FourOctetAs, out var needsAs4);
        if (group.Family == IpFamily.V4 && nextHop.IsV4)
        {
            Span<byte> address = stackalloc byte[4];
            nextHop.WriteTo(address);
            writer.Put(AttributeType.NextHop, AttributeFlags.Transitive, address);
        }

        // A MED is for the neighbouring AS alone: it goes no further than within ours.
        if (path.Med is { } med && (group.IsInternal || source.IsLocal))
        {
            writer.Put(AttributeType.MultiExitDisc, AttributeFlags.Optional, med);
        }

        if (group.IsInternal)
        {
            writer.Put(AttributeType.LocalPref, AttributeFlags.Transitive, action.LocalPref ?? path.LocalPref ?? PathAttributes.DefaultLocalPref);
        }

        Others(ref writer, path, group, action);
        if (group.IsInternal && source.IsInternal && !source.IsLocal)
        {
            writer.Put(AttributeType.OriginatorId, AttributeFlags.Optional, path.OriginatorId ?? source.RouterId);
            writer.Put(AttributeType.ClusterList, AttributeFlags.Optional, [group.ClusterId, .. path.ClusterList]);
        }

        if (needsAs4)
        {
            writer.Put(AttributeType.As4Path, AttributeFlags.Optional | AttributeFlags.Transitive, asPath);
        }

        return new OutAttributes(path, buffer[..writer.Length], nextHop);
    }

    /// <summary>The attributes of a route of this speaker's own: origin IGP, an empty path.</summary>
    public static byte[] Local(uint? med = null, IReadOnlyList<uint>? communities = null)
    {
        var buffer = new byte[64 + (4 * (communities?.Count ?? 0))];
        var writer = new Writer(buffer);
        writer.Put(AttributeType.Origin, AttributeFlags.Transitive, [0]);
        writer.Put(AttributeType.AsPath, AttributeFlags.Transitive, default(ReadOnlySpan<byte>));
        if (med is { } value)
        {
            writer.Put(AttributeType.MultiExitDisc, AttributeFlags.Optional, value);
        }

        if (communities is { Count: > 0 })
        {
            writer.Put(AttributeType.Communities, AttributeFlags.Optional | AttributeFlags.Transitive, [.. communities]);
        }

        return buffer[..writer.Length];
    }

    /// <summary>The canonical bytes of a path with what an import policy changes.</summary>
    public static byte[] Change(PathAttributes path, RouteAction action)
    {
        var buffer = new byte[path.Raw.Length + 64 + (4 * ((action.AddCommunities?.Count ?? 0) + (6 * (action.Prepend?.Count ?? 0)) + (3 * (action.AddLargeCommunities?.Count ?? 0))))];
        var writer = new Writer(buffer);
        var attributes = new AttributeEnumerator(path.Raw);
        while (attributes.MoveNext())
        {
            if (attributes.Type == AttributeType.AsPath)
            {
                writer.Put(AttributeType.AsPath, AttributeFlags.Transitive, Prepended(path.AsPath, action));
            }
            else if (!(attributes.Type == AttributeType.LocalPref && action.LocalPref is not null) && !(attributes.Type == AttributeType.Communities && action.AddCommunities is not null)
                && !(attributes.Type == AttributeType.LargeCommunities && action.AddLargeCommunities is not null))
            {
                writer.Put(attributes.Type, attributes.Flags, attributes.Value);
            }
        }

        if (action.LocalPref is { } preference)
        {
            writer.Put(AttributeType.LocalPref, AttributeFlags.Transitive, preference);
        }

        if (action.AddCommunities is not null)
        {
            writer.Put(AttributeType.Communities, AttributeFlags.Optional | AttributeFlags.Transitive, [.. path.Communities.Union(action.AddCommunities)]);
        }

        if (action.AddLargeCommunities is not null)
        {
            writer.Put(AttributeType.LargeCommunities, AttributeFlags.Optional | AttributeFlags.Transitive, LargeCommunity.Words(path.LargeCommunities.Concat(action.AddLargeCommunities)));
        }

        return buffer[..writer.Length];
    }

    private static IpAddress NextHop(PathAttributes path, GroupKey group)
    {
        var isOwn = path.NextHop.IsNone || group.NextHopMode == NextHopMode.Self || (group.NextHopMode == NextHopMode.Auto && !group.IsInternal);
        return isOwn ? group.NextHopSelf : path.NextHop;
    }

    private static byte[] AsPath(PathAttributes path, GroupKey group, RouteAction action)
    {
        var own = Prepended(path.AsPath, action);
        return group.IsInternal ? own : AsPathSegment.Prepend(own, group.LocalAs, 1);
    }

    private static byte[] Prepended(byte[] path, RouteAction action)
    {
        for (var i = (action.Prepend?.Count ?? 0) - 1; i >= 0; i--)
        {
            path = AsPathSegment.Prepend(path, action.Prepend![i], 1);
        }

        return path;
    }

    private static void WriteAsPath(ref Writer writer, byte[] path, bool fourOctetAs, out bool needsAs4)
    {
        needsAs4 = false;
        if (fourOctetAs)
        {
            writer.Put(AttributeType.AsPath, AttributeFlags.Transitive, path);
            return;
        }

        var narrow = new byte[path.Length];
        needsAs4 = AsPathSegment.Narrow(path, narrow, out var written);
        writer.Put(AttributeType.AsPath, AttributeFlags.Transitive, narrow.AsSpan(0, written));
    }

    /// <summary>What is passed on as it is: communities, what is transitive, and what is unknown with the partial bit set (RFC 4271 section 5).</summary>
    private static void Others(ref Writer writer, PathAttributes path, GroupKey group, RouteAction action)
    {
        var hasCommunities = false;
        var attributes = new AttributeEnumerator(path.Raw);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case AttributeType.Origin or AttributeType.AsPath or AttributeType.MultiExitDisc or AttributeType.LocalPref or AttributeType.OriginatorId or AttributeType.ClusterList:
                    break;
                case AttributeType.Communities when action.AddCommunities is not null:
                    hasCommunities = true;
                    writer.Put(AttributeType.Communities, AttributeFlags.Optional | AttributeFlags.Transitive, [.. path.Communities.Union(action.AddCommunities)]);
                    break;
                case AttributeType.LargeCommunities when action.AddLargeCommunities is not null:
                    break;
                case AttributeType.Aggregator when !group.FourOctetAs:
                    var number = BinaryPrimitives.ReadUInt32BigEndian(attributes.Value);
                    Span<byte> value = [0, 0, .. attributes.Value[4..]];
                    BinaryPrimitives.WriteUInt16BigEndian(value, number > ushort.MaxValue ? OpenMessage.AsTrans : (ushort)number);
                    writer.Put(AttributeType.Aggregator, attributes.Flags, value);
                    if (number > ushort.MaxValue)
                    {
                        writer.Put(AttributeType.As4Aggregator, AttributeFlags.Optional | AttributeFlags.Transitive, attributes.Value);
                    }

                    break;
                default:
                    writer.Put(attributes.Type, attributes.Flags | (AttributeRules.FlagsOf(attributes.Type) is null ? AttributeFlags.Partial : 0), attributes.Value);
                    break;
            }
        }

        if (action.AddCommunities is not null && !hasCommunities)
        {
            writer.Put(AttributeType.Communities, AttributeFlags.Optional | AttributeFlags.Transitive, [.. action.AddCommunities]);
        }

        if (action.AddLargeCommunities is not null)
        {
            writer.Put(AttributeType.LargeCommunities, AttributeFlags.Optional | AttributeFlags.Transitive, LargeCommunity.Words(path.LargeCommunities.Concat(action.AddLargeCommunities)));
        }
    }

    private ref struct Writer(Span<byte> buffer)
    {
        private readonly Span<byte> buffer = buffer;

        public int Length { get; private set; }

        public void Put(AttributeType type, AttributeFlags flags, scoped ReadOnlySpan<byte> value) => Length += AttributeWriter.Put(buffer[Length..], type, flags, value);

        public void Put(AttributeType type, AttributeFlags flags, params scoped ReadOnlySpan<uint> words) => Length += AttributeWriter.Put(buffer[Length..], type, flags, words);
    }
}
