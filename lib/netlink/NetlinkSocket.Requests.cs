using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>Requests with their answers.</summary>
public sealed partial class NetlinkSocket
{
    /// <summary>Sends one change and waits for its acknowledgement.</summary>
    /// <param name="message">One whole message; NLM_F_ACK is added.</param>
    /// <param name="operation">What it does, such as «add route».</param>
    /// <param name="subject">The object; its text ends the operation in an error.</param>
    /// <exception cref="NetlinkException">The kernel refused it.</exception>
    public void Execute(Span<byte> message, string operation, object? subject = null)
    {
        AddFlags(message, NetlinkFlags.Ack);
        var expected = Send(message);
        while (true)
        {
            var datagram = Receive();
            while (datagram.Read(out var answer))
            {
                if (IsAnswer(answer, expected, expected) && answer.Type == NetlinkMessage.Error)
                {
                    var ack = NetlinkAck.Read(answer);
                    if (ack.Errno != Errno.None)
                    {
                        throw ack.ToException(Describe(operation, subject), message);
                    }

                    return;
                }
            }
        }
    }

    /// <summary>
    /// As <see cref="Execute(Span{byte}, string, object?)"/>, where an error is an ordinary answer: it is returned.
    /// </summary>
    public Errno TryExecute(Span<byte> message)
    {
        AddFlags(message, NetlinkFlags.Ack);
        var expected = Send(message);
        while (true)
        {
            var datagram = Receive();
            while (datagram.Read(out var answer))
            {
                if (IsAnswer(answer, expected, expected) && answer.Type == NetlinkMessage.Error)
                {
                    return NetlinkAck.Read(answer).Errno;
                }
            }
        }
    }

    /// <summary>Sends a get request for one object.</summary>
    /// <param name="message">One whole message, without NLM_F_ACK or NLM_F_DUMP.</param>
    /// <param name="operation">What it does, such as «get link».</param>
    /// <param name="decode">Makes the object of the answer.</param>
    /// <param name="item">The object, or default.</param>
    /// <param name="subject">The object; its text ends the operation in an error.</param>
    /// <returns>False if the kernel has no such object (ENOENT, ENODEV, ESRCH).</returns>
    public bool TryGet<T>(Span<byte> message, string operation, NetlinkDecoder<T> decode, [MaybeNullWhen(false)] out T item, object? subject = null)
    {
        ArgumentNullException.ThrowIfNull(decode);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return TryGetOnce(message, operation, decode, out item, subject);
            }
            catch (SyscallException e) when (e.Errno == Errno.EMSGSIZE && attempt < DumpAttempts)
            {
                // The answer was longer than the buffer, which has grown.
            }
        }
    }

    /// <summary>
    /// Sends a batch and reads what the kernel answers: every refusal, and the acknowledgement of each part's last request, before which all others
    /// have been carried out. Requests behind a refused one are carried out.
    /// </summary>
    /// <returns>The refusals, each naming its object; empty when all went well.</returns>
    public IReadOnlyList<NetlinkException> TryExecute(NetlinkBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        List<NetlinkException>? failures = null;
        for (var first = 0; first < batch.Count;)
        {
            var count = 0;
            for (var length = 0; first + count < batch.Count && count < ChunkMessages; count++)
            {
                var message = batch.Message(first + count);
                length += message.Length;
                if (count > 0 && length > ChunkLength)
                {
                    break;
                }

                ClearFlags(message, NetlinkFlags.Ack);
            }

            // An acknowledgement of each would cost a datagram, and a system call, for nothing: refusals come unasked.
            AddFlags(batch.Message(first + count - 1), NetlinkFlags.Ack);
            ExecuteChunk(batch, first, count, ref failures);
            first += count;
        }

        return failures ?? (IReadOnlyList<NetlinkException>)[];
    }

    /// <summary>As <see cref="TryExecute(NetlinkBatch)"/>, throwing the first refusal; those behind it are carried out all the same.</summary>
    /// <exception cref="NetlinkException">The first refusal.</exception>
    public void Execute(NetlinkBatch batch)
    {
        var failures = TryExecute(batch);
        if (failures.Count > 0)
        {
            throw failures[0];
        }
    }

    private static void AddFlags(Span<byte> message, NetlinkFlags flags)
    {
        var present = MemoryMarshal.Read<ushort>(message[6..]);
        MemoryMarshal.Write(message[6..], (ushort)(present | (ushort)flags));
    }

    private static void ClearFlags(Span<byte> message, NetlinkFlags flags)
    {
        var present = MemoryMarshal.Read<ushort>(message[6..]);
        MemoryMarshal.Write(message[6..], (ushort)(present & ~(ushort)flags));
    }

    private void ExecuteChunk(NetlinkBatch batch, int first, int count, ref List<NetlinkException>? failures)
    {
        var expected = Send(batch.Messages(first, count));
        var last = expected + (uint)count - 1;
        for (var answered = false; !answered;)
        {
            var datagram = Receive();
            while (datagram.Read(out var answer))
            {
                if (!IsAnswer(answer, expected, last) || answer.Type != NetlinkMessage.Error)
                {
                    continue;
                }

                answered |= answer.Sequence == last;
                var ack = NetlinkAck.Read(answer);
                if (ack.Errno != Errno.None)
                {
                    var index = first + (int)(answer.Sequence - expected);
                    (failures ??= []).Add(ack.ToException(batch.Describe(index), batch.Message(index)));
                }
            }
        }
    }

    private bool TryGetOnce<T>(Span<byte> message, string operation, NetlinkDecoder<T> decode, [MaybeNullWhen(false)] out T item, object? subject)
    {
        var expected = Send(message);
        while (true)
        {
            var datagram = Receive();
            while (datagram.Read(out var answer))
            {
                if (!IsAnswer(answer, expected, expected))
                {
                    continue;
                }

                if (answer.Type != NetlinkMessage.Error)
                {
                    return decode(answer, out item);
                }

                var ack = NetlinkAck.Read(answer);
                if (ack.Errno is Errno.ENOENT or Errno.ENODEV or Errno.ESRCH)
                {
                    item = default;
                    return false;
                }

                throw ack.ToException(Describe(operation, subject), message);
            }
        }
    }

    private NetlinkMessageReader Receive()
    {
        NetlinkMessageReader datagram;
        while (!TryReceive(out datagram))
        {
            if (!WaitReadable(ReplyTimeout))
            {
                throw new SyscallException("recvfrom", Errno.ETIMEDOUT);
            }
        }

        return datagram;
    }

    /// <summary>
    /// True for an answer to the requests numbered first to last. What an abandoned request left behind and notifications
    /// to other ports are passed over; an answer to a request that was never sent is an error.
    /// </summary>
    private bool IsAnswer(in NetlinkMessage message, uint first, uint last)
    {
        if (message.PortId != PortId || message.Type == NetlinkMessage.Noop)
        {
            return false;
        }

        if (message.Sequence - first <= last - first)
        {
            return true;
        }

        return (int)(message.Sequence - first) < 0
            ? false
            : throw new NetlinkProtocolException($"an answer to request {message.Sequence}, the last one was {last}", message.Offset);
    }
}
