using System.Runtime.InteropServices;
using Podwire.Bgp.Policy;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>
/// The neighbours that are told the same. Changes are encoded once, bucketed by attributes and packed, and every member in step gets the octets by
/// reference, less what came from itself. What has been told is kept once for the group: attributes and source of each prefix.
/// </summary>
internal sealed class UpdateGroup
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

    private void Collect(int prefix)
    {
        if (Key.AddPath)
        {
            CollectAll(prefix);
        }
        else
        {
            CollectBest(prefix);
        }
    }

    private void CollectBest(int prefix)
    {
        var (path, action) = Exportable(prefix, rib.Best(prefix));
        var (before, source) = (toldAttributes[prefix], toldSources[prefix]);
        if (path == Nothing)
        {
            if (before != Nothing)
            {
                Put(Nothing, source, null, rib[prefix], 0);
                Tell(prefix, Nothing, 0);
            }

            return;
        }

        var (now, from) = (rib.Path(path).Attributes, rib.Path(path).Peer);
        if (now == before && from == source)
        {
            return;
        }

        Put(now, from, action, rib[prefix], 0);
        if (before != Nothing && source != from)
        {
            // The new source had the old path, and is not told its own.
            ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(ownWithdrawals, from, out _);
            (own ??= []).Add((rib[prefix], 0));
        }

        Tell(prefix, now, from);
    }

    /// <summary>With add-path every path is told under its own number; what is gone is withdrawn by what the group was told before.</summary>
    private void CollectAll(int prefix)
    {
        var told = allTold.GetValueOrDefault(prefix, []);
        var still = new List<ToldPath>();
        for (var path = rib.First(prefix); path != Nothing; path = rib.Path(path).Next)
        {
            var (usable, action) = Exportable(prefix, path);
            if (usable == Nothing)
            {
                continue;
            }

            ref readonly var entry = ref rib.Path(path);
            var now = new ToldPath(entry.LocalId, attributes[entry.Attributes], entry.Peer);
            still.Add(now);
            if (!told.Contains(now))
            {
                Put(entry.Attributes, entry.Peer, action, rib[prefix], entry.LocalId);
            }
        }

        foreach (var gone in told)
        {
            if (!still.Exists(entry => entry.Id == gone.Id))
            {
                Put(Nothing, gone.Source, null, rib[prefix], gone.Id);
            }
        }

        if (still.Count > 0)
        {
            allTold[prefix] = still;
        }
        else
        {
            allTold.Remove(prefix);
        }
    }

    private void CollectFor(PeerExport member, int prefix)
    {
        if (!Key.AddPath)
        {
            var (path, action) = Exportable(prefix, rib.Best(prefix));
            var isTold = path != Nothing && rib.Path(path).Peer != member.Peer;
            if (isTold)
            {
                Put(rib.Path(path).Attributes, rib.Path(path).Peer, action, rib[prefix], 0);
            }
            else if (member.Had(prefix))
            {
                Put(Nothing, Nothing, null, rib[prefix], 0);
            }

            return;
        }

        var gone = member.HadPaths(prefix).Where(told => told.Source != member.Peer).Select(static told => told.Id).ToList();
        member.ForgetPaths(prefix);
        for (var path = rib.First(prefix); path != Nothing; path = rib.Path(path).Next)
        {
            var (usable, action) = Exportable(prefix, path);
            if (usable != Nothing && rib.Path(path).Peer != member.Peer)
            {
                gone.Remove(rib.Path(path).LocalId);
                Put(rib.Path(path).Attributes, rib.Path(path).Peer, action, rib[prefix], rib.Path(path).LocalId);
            }
        }

        foreach (var id in gone)
        {
            Put(Nothing, Nothing, null, rib[prefix], id);
        }
    }

    /// <summary>Owes a prefix, with what is had of it: what was when it began to be owed, or what the group was told last.</summary>
    private void Owe(PeerExport former, PeerExport member, int prefix)
    {
        if (former.IsDirty(prefix))
        {
            member.MarkDirty(prefix, former.Had(prefix), Key.AddPath ? former.HadPaths(prefix) : null);
        }
        else if (Key.AddPath)
        {
            member.MarkDirty(prefix, allTold.TryGetValue(prefix, out var told), told);
        }
        else
        {
            member.MarkDirty(prefix, toldAttributes[prefix] != Nothing && toldSources[prefix] != member.Peer);
        }
    }

    private (int Path, RouteAction? Action) Exportable(int prefix, int path)
    {
        if (path == Nothing)
        {
            return (Nothing, null);
        }

        var action = ExportRules.Judge(Key, rib[prefix], rib.AttributesOf(path), rib.PeerOf(path));
        return action is null ? (Nothing, null) : (path, action);
    }

    private void Put(int attributeId, int source, RouteAction? action, PrefixKey prefix, uint pathId)
    {
        if (isSilent)
        {
            return;
        }

        // Prefixes of one sender come in a row with the same attributes.
        if (lastBucket is null || lastKey != (attributeId, source, action))
        {
            lastKey = (attributeId, source, action);
            ref var bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(buckets, lastKey, out _);
            lastBucket = bucket ??= spare.TryPop(out var reused) ? reused : new Bucket();
        }

        lastBucket.Items.Add((prefix, pathId));
    }

    /// <summary>Writes the buckets: what is gone first, then what is new.</summary>
    private void Write()
    {
        foreach (var (key, bucket) in buckets)
        {
            if (key.Attributes == Nothing)
            {
                packer.Withdraw(key.Source);
                Drain(bucket);
            }
        }

        foreach (var (key, bucket) in buckets)
        {
            if (key.Attributes != Nothing)
            {
                var made = Out(key.Attributes, key.Source, key.Action!);
                if (packer.Fits(made))
                {
                    packer.Announce(made, key.Source);
                }
                else
                {
                    // Longer than these neighbours take messages: for them there is no such route (RFC 8654 section 4).
                    packer.Withdraw(key.Source);
                    tooLong(key.Source, bucket.Items[0].Prefix.ToPrefix(Key.Family), bucket.Items.Count);
                }

                Drain(bucket);
            }
        }

        packer.Finish();
        buckets.Clear();
        lastBucket = null;
    }

    private void Drain(Bucket bucket)
    {
        foreach (var (prefix, pathId) in bucket.Items)
        {
            packer.Add(prefix, pathId);
        }

        bucket.Items.Clear();
        spare.Push(bucket);
    }

    private OutAttributes Out(int attributeId, int source, RouteAction action)
    {
        ref var there = ref CollectionsMarshal.GetValueRefOrAddDefault(cache, (attributeId, source, action), out _);
        if (there?.Source != attributes[attributeId])
        {
            there = AttributeExport.Build(attributes[attributeId], rib.Source(source), Key, action);
            if (cache.Count > CacheSize)
            {
                var made = there;
                cache.Clear();
                return made;
            }
        }

        return there;
    }

    private void Deliver(byte[] buffer, int offset, int length, int notTo)
    {
        Encoded++;
        if (alone is not null)
        {
            alone.Queue.Add(buffer, offset, length);
            return;
        }

        foreach (var member in members)
        {
            if (member.IsInStep && member.Peer != notTo)
            {
                member.Queue.Add(buffer, offset, length);
            }
        }
    }

    private void Tell(int prefix, int attributeId, ushort source)
    {
        attributes.AddReference(attributeId);
        toldCount += (attributeId == Nothing ? 0 : 1) - (toldAttributes[prefix] == Nothing ? 0 : 1);
        attributes.Release(toldAttributes[prefix]);
        (toldAttributes[prefix], toldSources[prefix]) = (attributeId, source);
    }

    private void Reserve()
    {
        if (toldAttributes.Length >= rib.PrefixCount)
        {
            return;
        }

        var old = toldAttributes.Length;
        var size = Math.Max(256, Math.Max(rib.PrefixCount, old * 2));
        Array.Resize(ref toldAttributes, size);
        Array.Resize(ref toldSources, size);
        toldAttributes.AsSpan(old).Fill(Nothing);
    }

    private sealed class Bucket
    {
        public List<(PrefixKey Prefix, uint PathId)> Items { get; } = [];
    }
}
