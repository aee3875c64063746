using Podwire.Bgp.Wire;

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
}
