namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>What one direction has carried. Written by its thread alone, read by any.</summary>
internal sealed class ForwardCounters
{
    private long packets;
    private long bytes;
    private long unreachable;
    private long expired;
    private long malformed;
    private long refused;

    /// <summary>Inner packets carried.</summary>
    public long Packets => Volatile.Read(ref packets);

    /// <summary>Their bytes.</summary>
    public long Bytes => Volatile.Read(ref bytes);

    /// <summary>Packets to no node's subnet.</summary>
    public long Unreachable => Volatile.Read(ref unreachable);

    /// <summary>Packets whose time to live ended here.</summary>
    public long Expired => Volatile.Read(ref expired);

    /// <summary>What is no IPv4 packet.</summary>
    public long Malformed => Volatile.Read(ref malformed);

    /// <summary>Packets that the kernel did not take.</summary>
    public long Refused => Volatile.Read(ref refused);

    public void Carried(int count, long length)
    {
        Volatile.Write(ref packets, packets + count);
        Volatile.Write(ref bytes, bytes + length);
    }

    public void CountUnreachable() => Volatile.Write(ref unreachable, unreachable + 1);

    public void CountExpired() => Volatile.Write(ref expired, expired + 1);

    public void CountMalformed() => Volatile.Write(ref malformed, malformed + 1);

    public void CountRefused(int count = 1) => Volatile.Write(ref refused, refused + count);
}
