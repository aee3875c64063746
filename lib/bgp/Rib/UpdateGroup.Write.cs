using System.Runtime.InteropServices;
using Podwire.Bgp.Policy;
using Podwire.Bgp.Wire;

namespace Podwire.Bgp.Rib;

/// <content>From prefixes by attributes to full messages, once for all members in step.</content>
internal sealed partial class UpdateGroup
{
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

    private sealed class Bucket
    {
        public List<(PrefixKey Prefix, uint PathId)> Items { get; } = [];
    }
}
