using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>Lists.</summary>
public sealed partial class NetlinkSocket
{
    /// <summary>
    /// Reads all objects of a kind. The dump is read to its end; one that the kernel marks as interrupted by a change
    /// (NLM_F_DUMP_INTR) is thrown away and begun anew, eight times at most.
    /// </summary>
    /// <param name="message">One whole message; NLM_F_DUMP is added.</param>
    /// <param name="operation">What it does, such as «list links».</param>
    /// <param name="decode">Makes an object of each message.</param>
    /// <exception cref="NetlinkException">The kernel refused it, or EINTR: the objects change faster than they can be read.</exception>
    public List<T> Dump<T>(Span<byte> message, string operation, NetlinkDecoder<T> decode) => Dump(message, operation, decode, false)!;

    /// <summary>As <see cref="Dump{T}(Span{byte}, string, NetlinkDecoder{T})"/>; null if what is to be listed is not there (ENOENT).</summary>
    /// <remarks>An exception costs a short process more than the request: its first one reads the unwinding tables, a third of a megabyte.</remarks>
    public List<T>? TryDump<T>(Span<byte> message, string operation, NetlinkDecoder<T> decode) => Dump(message, operation, decode, true);

    private List<T>? Dump<T>(Span<byte> message, string operation, NetlinkDecoder<T> decode, bool mayBeAbsent)
    {
        ArgumentNullException.ThrowIfNull(decode);
        AddFlags(message, NetlinkFlags.Dump);
        var items = new List<T>();
        for (var attempt = 1; attempt <= DumpAttempts; attempt++)
        {
            items.Clear();
            try
            {
                switch (DumpOnce(message, operation, decode, items, mayBeAbsent))
                {
                    case Errno.None:
                        return items;
                    case Errno.ENOENT:
                        return null;
                }

                InterruptedDumps++;
            }
            catch (SyscallException e) when (e.Errno == Errno.EMSGSIZE)
            {
                // A part was longer than the buffer, which has grown.
            }
        }

        throw new NetlinkException(operation, Errno.EINTR, "the dump was interrupted by changes every time", sequence: sequence);
    }

    /// <summary>None; EINTR if it was interrupted; ENOENT if there is nothing to dump and that may be.</summary>
    private Errno DumpOnce<T>(Span<byte> message, string operation, NetlinkDecoder<T> decode, List<T> items, bool mayBeAbsent)
    {
        var expected = Send(message);
        var interrupted = false;
        while (true)
        {
            var datagram = Receive();
            while (datagram.Read(out var answer))
            {
                if (!IsAnswer(answer, expected, expected))
                {
                    continue;
                }

                interrupted |= (answer.Flags & NetlinkFlags.DumpInterrupted) != 0;
                if (answer.Type is NetlinkMessage.Done or NetlinkMessage.Error)
                {
                    var ack = NetlinkAck.Read(answer);
                    return ack.Errno switch
                    {
                        Errno.None => interrupted ? Errno.EINTR : Errno.None,
                        Errno.EINTR => Errno.EINTR,
                        Errno.ENOENT when mayBeAbsent => Errno.ENOENT,
                        _ => throw ack.ToException(operation, message),
                    };
                }

                if (!interrupted && decode(answer, out var item))
                {
                    items.Add(item);
                }
            }
        }
    }
}
