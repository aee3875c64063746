namespace Podwire.ApiServer.Services;

/// <summary>Hands out NodePorts, at random from the upper part of the range first. Not thread-safe.</summary>
internal sealed class PortAllocator
{
    private readonly HashSet<int> taken = [];
    private readonly int offset;

    public PortAllocator(int first, int last)
    {
        First = first;
        Last = last;
        var size = last - first + 1;
        offset = Math.Clamp(size / 32, 16, 128);
        offset = offset >= size ? 0 : offset;
    }

    public int First { get; }

    public int Last { get; }

    public int Taken => taken.Count;

    public bool IsInRange(long port) => port >= First && port <= Last;

    /// <summary>False if it is taken.</summary>
    public bool TryTake(int port) => taken.Add(port);

    /// <summary>0 if the range is exhausted.</summary>
    public int TakeNext() => TakeBetween(First + offset, Last) is > 0 and var upper ? upper : TakeBetween(First, First + offset - 1);

    public void Release(int port) => taken.Remove(port);

    private int TakeBetween(int first, int last)
    {
        var count = last - first + 1;
        if (count <= 0)
        {
            return 0;
        }

        var start = Random.Shared.Next(count);
        for (var i = 0; i < count; i++)
        {
            var port = first + ((start + i) % count);
            if (taken.Add(port))
            {
                return port;
            }
        }

        return 0;
    }
}
