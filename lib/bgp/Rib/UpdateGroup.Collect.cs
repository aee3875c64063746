using System.Runtime.InteropServices;
using Podwire.Bgp.Policy;

namespace Podwire.Bgp.Rib;

/// <content>What is to be told of a prefix, and what has been.</content>
internal sealed partial class UpdateGroup
{
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
}
