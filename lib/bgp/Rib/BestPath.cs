using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>The decision process (RFC 4271 section 9.1.2.2, RFC 4456 section 9). MEDs are compared between paths of one neighbouring AS only.</summary>
internal static class BestPath
{
    /// <summary>Below zero if the first is better; never zero for paths of different peers.</summary>
    public static int Compare(PathAttributes first, RoutePeer firstPeer, PathAttributes second, RoutePeer secondPeer)
    {
        var rank = CompareCost(first, firstPeer, second, secondPeer);
        if (rank != 0)
        {
            return rank;
        }

        // g) with the originator in place of the reflecting peer.
        rank = (first.OriginatorId ?? firstPeer.RouterId).CompareTo(second.OriginatorId ?? secondPeer.RouterId);
        if (rank != 0)
        {
            return rank;
        }

        rank = first.ClusterList.Length.CompareTo(second.ClusterList.Length);
        return rank != 0 ? rank : firstPeer.Address.CompareTo(secondPeer.Address) is var byAddress and not 0 ? byAddress : firstPeer.Index.CompareTo(secondPeer.Index);
    }

    /// <summary>The steps that say which path is better, not merely which is first: paths that are equal here may be used together.</summary>
    public static int CompareCost(PathAttributes first, RoutePeer firstPeer, PathAttributes second, RoutePeer secondPeer)
    {
        if (firstPeer.IsLocal != secondPeer.IsLocal)
        {
            return firstPeer.IsLocal ? -1 : 1;
        }

        var rank = (second.LocalPref ?? PathAttributes.DefaultLocalPref).CompareTo(first.LocalPref ?? PathAttributes.DefaultLocalPref);
        if (rank != 0)
        {
            return rank;
        }

        rank = first.AsPathLength.CompareTo(second.AsPathLength);
        if (rank != 0)
        {
            return rank;
        }

        rank = first.Origin.CompareTo(second.Origin);
        if (rank != 0)
        {
            return rank;
        }

        if (first.FirstAs == second.FirstAs)
        {
            rank = (first.Med ?? 0).CompareTo(second.Med ?? 0);
            if (rank != 0)
            {
                return rank;
            }
        }

        return firstPeer.IsInternal.CompareTo(secondPeer.IsInternal);
    }

    /// <summary>In words, which step preferred the first of two paths.</summary>
    public static string Reason(PathAttributes first, RoutePeer firstPeer, PathAttributes second, RoutePeer secondPeer)
    {
        if (firstPeer.IsLocal != secondPeer.IsLocal)
        {
            return "the best is this speaker's own";
        }

        var (preference, other) = (first.LocalPref ?? PathAttributes.DefaultLocalPref, second.LocalPref ?? PathAttributes.DefaultLocalPref);
        if (preference != other)
        {
            return $"lower LOCAL_PREF: {other} against {preference}";
        }

        if (first.AsPathLength != second.AsPathLength)
        {
            return $"longer AS path: {second.AsPathLength} against {first.AsPathLength}";
        }

        if (first.Origin != second.Origin)
        {
            return $"higher origin: {second.Origin} against {first.Origin}";
        }

        if (first.FirstAs == second.FirstAs && (first.Med ?? 0) != (second.Med ?? 0))
        {
            return $"higher MED: {second.Med ?? 0} against {first.Med ?? 0}";
        }

        if (firstPeer.IsInternal != secondPeer.IsInternal)
        {
            return "learned within the AS, the best from outside";
        }

        var (identifier, otherIdentifier) = (first.OriginatorId ?? firstPeer.RouterId, second.OriginatorId ?? secondPeer.RouterId);
        if (identifier != otherIdentifier)
        {
            return $"as good; higher identifier: {IpAddress.FromV4(otherIdentifier)} against {IpAddress.FromV4(identifier)}";
        }

        return first.ClusterList.Length != second.ClusterList.Length
            ? $"as good; longer cluster list: {second.ClusterList.Length} against {first.ClusterList.Length}"
            : $"as good; higher neighbour address: {secondPeer.Address} against {firstPeer.Address}";
    }
}
