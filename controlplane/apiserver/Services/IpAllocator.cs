using Podwire.Primitives;

namespace Podwire.ApiServer.Services;

/// <summary>
/// Hands out the host addresses of a range, at random from its upper part first: the lower part (at most 256) is left to those who
/// name an address, as in kube-apiserver. Not thread-safe.
/// </summary>
internal sealed class IpAllocator
{
    private readonly HashSet<IpAddress> taken = [];
    private readonly uint size;
    private readonly uint offset;

    public IpAllocator(IpPrefix range)
    {
        Range = range.Masked;

        // Without the network's own address and the last one.
        size = (uint)Range.Count - 2;
        offset = Math.Min(Math.Max(16, size / 16), 256);
        offset = offset >= size ? 0 : offset;
    }

    public IpPrefix Range { get; }

    public int Taken => taken.Count;

    public bool IsInRange(IpAddress address) => Range.Contains(address) && address != Range.First && address != Range.Last;

    /// <summary>False if it is taken.</summary>
    public bool TryTake(IpAddress address) => taken.Add(address);

    /// <summary>False if the range is exhausted.</summary>
    public bool TryTakeNext(out IpAddress address)
    {
        address = default;
        return TryTakeBetween(offset, size, ref address) || TryTakeBetween(0, offset, ref address);
    }

    public void Release(IpAddress address) => taken.Remove(address);

    private bool TryTakeBetween(uint from, uint to, ref IpAddress address)
    {
        if (to <= from)
        {
            return false;
        }

        var count = to - from;
        var start = (uint)Random.Shared.NextInt64(count);
        for (uint i = 0; i < count; i++)
        {
            var candidate = Range.First.Add(1 + from + ((start + i) % count));
            if (taken.Add(candidate))
            {
                address = candidate;
                return true;
            }
        }

        return false;
    }
}
