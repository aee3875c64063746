namespace Podwire.Netlink.Packets;

/// <summary>Packets that rules hand over: copies (nfnetlink_log), or the packets themselves, which wait for a verdict (nfnetlink_queue).</summary>
public interface IPacketSource : IDisposable
{
    /// <summary>True if packets go on only after <see cref="Accept"/>.</summary>
    bool IsHolding { get; }

    /// <summary>Waits for a packet.</summary>
    /// <returns>False when the time is over or <paramref name="cancellation"/> was signalled.</returns>
    bool Wait(TimeSpan timeout, CancellationToken cancellation = default);

    /// <summary>Adds the packets that are there, without waiting. For one thread.</summary>
    /// <returns>False if the kernel threw packets away because nobody read them in time; those of a queue go on unseen.</returns>
    bool Read(ICollection<CapturedPacket> into);

    /// <summary>Lets a packet go on; nothing if it is a copy. Any thread.</summary>
    void Accept(uint id);
}
