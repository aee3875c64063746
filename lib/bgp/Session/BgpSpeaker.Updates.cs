using System.Buffers.Binary;
using Podwire.Bgp.Policy;
using Podwire.Bgp.Rib;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <content>UPDATEs on their way into the tables.</content>
public sealed partial class BgpSpeaker
{
    private void HandleUpdate(BgpConnection connection, ReadOnlySpan<byte> body)
    {
        var (neighbor, agreed) = (connection.Neighbor, connection.Negotiated!);
        neighbor.UpdatesIn++;
        update.Read(body, agreed.FourOctetAs, neighbor.Peer.IsInternal);
        if (update.IsEmpty)
        {
            HandleEndOfRib(neighbor, IpFamily.V4);
            return;
        }

        if (update.UnreachFamily is { } gone && body[update.Unreach].IsEmpty && update.Attributes.IsEmpty && update.ReachFamily is null && body[update.Withdrawn].IsEmpty && body[update.Nlri].IsEmpty)
        {
            HandleEndOfRib(neighbor, gone);
            return;
        }

        Withdraw(neighbor, agreed, IpFamily.V4, body[update.Withdrawn]);
        if (update.UnreachFamily is { } family)
        {
            Withdraw(neighbor, agreed, family, body[update.Unreach]);
        }

        if (update.Withdraws is { } problem)
        {
            neighbor.TreatedAsWithdraw++;
            host.Report(neighbor, $"routes are treated as withdrawn (RFC 7606): {problem}");
            Withdraw(neighbor, agreed, IpFamily.V4, body[update.Nlri]);
            if (update.ReachFamily is { } malformed)
            {
                Withdraw(neighbor, agreed, malformed, body[update.Reach]);
            }

            return;
        }

        if (!body[update.Nlri].IsEmpty)
        {
            Announce(connection, IpFamily.V4, body[update.Nlri], update.NextHop);
        }

        if (update.ReachFamily is { } reached && !body[update.Reach].IsEmpty)
        {
            Announce(connection, reached, body[update.Reach], update.ReachNextHop);
        }

        if (neighbor.Config.MaxPrefixes > 0 && neighbor.Prefixes > neighbor.Config.MaxPrefixes)
        {
            Span<byte> data = stackalloc byte[7];
            (data[1], data[2]) = ((byte)AddressFamily.Of(update.ReachFamily ?? IpFamily.V4), AddressFamily.Unicast);
            BinaryPrimitives.WriteInt32BigEndian(data[3..], neighbor.Config.MaxPrefixes);
            throw new BgpProtocolException(BgpErrorCode.Cease, BgpSubcode.CeaseMaximumPrefixes, $"more than {neighbor.Config.MaxPrefixes} prefixes", data.ToArray());
        }
    }

    private void Announce(BgpConnection connection, IpFamily family, ReadOnlySpan<byte> nlri, IpAddress nextHop)
    {
        var (neighbor, agreed) = (connection.Neighbor, connection.Negotiated!);
        if (!agreed.Speaks(family))
        {
            return;
        }

        var id = attributes.Intern(update.Attributes, nextHop);
        attributes.AddReference(id);
        var path = attributes[id];
        if (IsLoop(neighbor, path) || nextHop == connection.LocalAddress)
        {
            // A path that came round is no path; what it replaces is gone (RFC 4271 section 9.1.2, RFC 4456 section 8).
            Withdraw(neighbor, agreed, family, nlri);
            attributes.Release(id);
            return;
        }

        var rib = Rib(family);
        var peer = neighbor.Peer.Index;
        var before = rib.PathCount;
        var policy = neighbor.Config.Import;
        var takesAll = policy.Rules.Count == 0 && policy.Otherwise is { IsAccepted: true, Changes: false };
        var prefixes = new NlriReader(nlri, family, agreed.ReceivesPaths(family));
        while (prefixes.MoveNext())
        {
            if (takesAll)
            {
                rib.Announce(prefixes.Prefix, peer, prefixes.PathId, id);
            }
            else
            {
                Import(rib, neighbor, prefixes.Prefix, prefixes.PathId, id, path);
            }
        }

        neighbor.Prefixes += rib.PathCount - before;
        attributes.Release(id);
    }

    private void Import(RibTable rib, Neighbor neighbor, PrefixKey prefix, uint pathId, int id, PathAttributes path)
    {
        var action = neighbor.Config.Import.Judge(prefix, rib.Family, path, isLocal: false, neighbor.Peer.IsInternal);
        if (!action.IsAccepted)
        {
            rib.Withdraw(prefix, neighbor.Peer.Index, pathId);
        }
        else
        {
            rib.Announce(prefix, neighbor.Peer.Index, pathId, action.Changes ? attributes.Intern(AttributeExport.Change(path, action), path.NextHop, action.Metric ?? path.Metric) : id);
        }
    }

    private bool IsLoop(Neighbor neighbor, PathAttributes path)
    {
        var own = neighbor.Config.LocalAsn == 0 ? config.Asn : neighbor.Config.LocalAsn;
        return path.OriginatorId == config.RouterIdValue
            || Array.IndexOf(path.ClusterList, config.ClusterIdValue) >= 0
            || (path.AsPath.Length > 0 && path.Count(own) > neighbor.Config.AllowOwnAs);
    }

    private void Withdraw(Neighbor neighbor, Negotiated agreed, IpFamily family, ReadOnlySpan<byte> nlri)
    {
        if (nlri.IsEmpty || !agreed.Speaks(family))
        {
            return;
        }

        var rib = Rib(family);
        var before = rib.PathCount;
        var prefixes = new NlriReader(nlri, family, agreed.ReceivesPaths(family));
        while (prefixes.MoveNext())
        {
            rib.Withdraw(prefixes.Prefix, neighbor.Peer.Index, prefixes.PathId);
        }

        neighbor.Prefixes += rib.PathCount - before;
    }
}
