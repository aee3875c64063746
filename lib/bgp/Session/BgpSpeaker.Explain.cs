using Podwire.Bgp.Rib;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <content>Why a route is as it is, and who is told.</content>
public sealed partial class BgpSpeaker
{
    /// <summary>The paths of a prefix, best first, with the step of the decision process that placed each behind the best.</summary>
    public IReadOnlyList<PathVerdict> Explain(IpPrefix prefix)
    {
        var rib = Rib(prefix.Family);
        var index = rib.Find(PrefixKey.Of(prefix));
        if (index < 0 || rib.Best(index) < 0)
        {
            return [];
        }

        var best = rib.Best(index);
        var verdicts = new List<PathVerdict>();
        foreach (var route in Routes(rib, index))
        {
            var path = rib.First(index);
            while (rib.AttributesOf(path) != route.Attributes || rib.Path(path).PathId != route.PathId || (rib.PeerOf(path).IsLocal ? default : rib.PeerOf(path).Address) != route.From)
            {
                path = rib.Path(path).Next;
            }

            var reason = route.IsBest ? "best" : BestPath.Reason(rib.AttributesOf(best), rib.PeerOf(best), rib.AttributesOf(path), rib.PeerOf(path));
            verdicts.Add(new PathVerdict(route, reason));
        }

        return verdicts;
    }

    /// <summary>The established neighbours that are told the best path of a prefix.</summary>
    public IReadOnlyList<Neighbor> ToldOf(IpPrefix prefix)
    {
        var rib = Rib(prefix.Family);
        var index = rib.Find(PrefixKey.Of(prefix));
        if (index < 0 || rib.Best(index) is var best && best < 0)
        {
            return [];
        }

        return [.. neighbors.Values.Where(neighbor => neighbor.Session?.Groups[IndexOf(prefix.Family)] is { } group
            && rib.PeerOf(best).Index != neighbor.Peer.Index
            && ExportRules.Judge(group.Key, rib[index], rib.AttributesOf(best), rib.PeerOf(best)) is not null)];
    }
}
