using Podwire.Bgp.Policy;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>
/// The neighbours that are told the same. Changes are encoded once, bucketed by attributes and packed, and every member in step gets the octets by
/// reference, less what came from itself. What has been told is kept once for the group: attributes and source of each prefix.
/// </summary>
internal sealed partial class UpdateGroup
{
    private const int Nothing = -1;
    private const int CacheSize = 8192;

    /// <summary>A member with more than this many octets waiting leaves the group.</summary>
    private const long MostWaiting = 1 << 20;

    /// <summary>How many owed prefixes are encoded at a time for a member on its own, and how many octets may wait meanwhile.</summary>
    private const int RefillPrefixes = 16 * 1024;
    private const long RefillBelow = 256 * 1024;

    private readonly RibTable rib;
    private readonly AttributeTable attributes;
    private readonly List<PeerExport> members = [];
    private readonly UpdatePacker packer;
    private readonly Dictionary<(int Attributes, int Source, RouteAction Action), OutAttributes> cache = [];
    private readonly Dictionary<(int Attributes, int Source, RouteAction? Action), Bucket> buckets = [];
    private readonly Action<int, IpPrefix, int> tooLong;
    private readonly Stack<Bucket> spare = [];
    private readonly Dictionary<int, List<(PrefixKey Prefix, uint PathId)>> ownWithdrawals = [];
    private readonly List<int> taken = [];
    private readonly Dictionary<int, List<ToldPath>> allTold = [];
    private int[] toldAttributes = [];
    private ushort[] toldSources = [];
    private PeerExport? alone;
    private int toldCount;

    /// <summary>Nobody is in step: what was told is kept up, and nothing is encoded.</summary>
    private bool isSilent;
    private (int Attributes, int Source, RouteAction? Action) lastKey;
    private Bucket? lastBucket;

    /// <param name="key">What the members have in common.</param>
    /// <param name="rib">The family's table.</param>
    /// <param name="attributes">The attributes of all tables.</param>
    /// <param name="tooLong">Hears of prefixes that cannot be told, their attributes being longer than a message: source, one of them, how many.</param>
    public UpdateGroup(GroupKey key, RibTable rib, AttributeTable attributes, Action<int, IpPrefix, int> tooLong)
    {
        (Key, this.rib, this.attributes, this.tooLong) = (key, rib, attributes, tooLong);
        packer = new UpdatePacker(key.Family, key.AddPath, key.ExtendedMessages ? MessageHeader.LongestExtendedMessage : MessageHeader.LongestMessage, Deliver);
    }

    public GroupKey Key { get; }

    public IReadOnlyList<PeerExport> Members => members;

    /// <summary>UPDATE messages that were encoded; each counts once, however many members got it.</summary>
    public long Encoded { get; private set; }

    /// <summary>Takes a member in, which owes nothing yet but all there is.</summary>
    public void Join(PeerExport member)
    {
        if (members.Count == 0)
        {
            // What the first member is going to be told counts as told: later changes are measured against it.
            Reserve();
            isSilent = true;
            for (var prefix = 0; prefix < rib.PrefixCount; prefix++)
            {
                Collect(prefix);
            }

            isSilent = false;
            ownWithdrawals.Clear();
        }

        members.Add(member);
        for (var prefix = 0; prefix < rib.PrefixCount; prefix++)
        {
            member.MarkDirty(prefix, has: false);
        }
    }

    /// <summary>Owes a member everything, after a route refresh or, <paramref name="member"/> being new, after a move from this group to another: what <paramref name="former"/> has is known.</summary>
    public void OweAll(PeerExport former, PeerExport member)
    {
        Reserve();
        for (var prefix = 0; prefix < rib.PrefixCount; prefix++)
        {
            Owe(former, member, prefix);
        }
    }

    public void Leave(PeerExport member)
    {
        members.Remove(member);
        if (members.Count == 0)
        {
            for (var prefix = 0; prefix < toldAttributes.Length; prefix++)
            {
                attributes.Release(toldAttributes[prefix]);
                toldAttributes[prefix] = Nothing;
            }

            toldCount = 0;
            allTold.Clear();
        }
    }

    /// <summary>Tells the members what changed in the table.</summary>
    public void Flush()
    {
        Reserve();
        isSilent = true;
        foreach (var member in members)
        {
            member.IsInStep &= member.Queue.Length <= MostWaiting;
            isSilent &= !member.IsInStep;
        }

        foreach (var prefix in rib.Changed)
        {
            foreach (var member in members)
            {
                if (!member.IsInStep)
                {
                    Owe(member, member, prefix);
                }
            }

            Collect(prefix);
        }

        Write();
        isSilent = false;
        foreach (var (peer, withdrawals) in ownWithdrawals)
        {
            alone = members.Find(member => member.Peer == peer && member.IsInStep);
            if (alone is not null)
            {
                packer.Withdraw(Nothing);
                foreach (var (prefix, pathId) in withdrawals)
                {
                    packer.Add(prefix, pathId);
                }

                packer.Finish();
            }
        }

        alone = null;
        ownWithdrawals.Clear();
    }

    /// <summary>Encodes the next of what a member on its own is owed; true if there is more. When it owes no more it is in step again.</summary>
    public bool Refill(PeerExport member)
    {
        if (member.IsHeldBack || member.Queue.Length > RefillBelow)
        {
            return false;
        }

        if (member.DirtyCount > 0)
        {
            Reserve();
            alone = member;
            member.Take(taken, RefillPrefixes);
            foreach (var prefix in taken)
            {
                CollectFor(member, prefix);
            }

            Write();
            alone = null;
        }

        if (member.DirtyCount > 0)
        {
            return true;
        }

        member.IsInStep = true;
        if (member.OwesEndOfRib)
        {
            member.EndDump();
            member.Queue.Add(UpdatePacker.EndOfRib(Key.Family));
        }

        if (member.OwesEndOfRefresh)
        {
            member.OwesEndOfRefresh = false;
            member.Queue.Add(RouteRefreshMessage.ToMessage(Key.Family, RouteRefreshMessage.End));
        }

        if (member.OwesRefresh)
        {
            member.OwesRefresh = false;
            Refresh(member, isMarked: true);
        }

        return false;
    }

    /// <summary>Tells a member everything again, between the marks of RFC 7313 if it knows them.</summary>
    public void Refresh(PeerExport member, bool isMarked)
    {
        if (isMarked && member.OwesEndOfRib)
        {
            member.OwesRefresh = true;
            return;
        }

        if (isMarked)
        {
            member.Queue.Add(RouteRefreshMessage.ToMessage(Key.Family, RouteRefreshMessage.Begin));
            member.OwesEndOfRefresh = true;
        }

        member.IsInStep = false;
        OweAll(member, member);
    }

    /// <summary>How many prefixes the group has been told.</summary>
    public int CountTold() => Key.AddPath ? allTold.Count : toldCount;
}
