using System.Runtime.InteropServices;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>Zeroed memory outside the collected heap, taken once and given back at the end: the kernel writes into it while no one holds it down.</summary>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint Alignment = 64;
    private T* start;

    public NativeBuffer(int count)
    {
        Count = count;
        var bytes = (nuint)count * (nuint)sizeof(T);
        start = (T*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(start, bytes);
    }

    /// <summary>How many elements.</summary>
    public int Count { get; }

    /// <summary>The first element.</summary>
    public T* Start => start;

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(start);
        start = null;
    }
}
