using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>
/// The kernel's nftables over nfnetlink (linux/netfilter/nf_tables.h), in the network namespace of the thread that opened the socket.
/// Needs CAP_NET_ADMIN there. Not safe for use by two threads at once.
/// </summary>
public sealed partial class NftSocket : INftables, IDisposable
{
    private readonly NetlinkSocket socket;

    private NftSocket(NetlinkSocket socket) => this.socket = socket;

    /// <summary>The socket below, for requests this class has no method for.</summary>
    public NetlinkSocket Socket => socket;

    /// <summary>The socket's port: changes that it makes are announced with it (<see cref="NftChange.PortId"/>).</summary>
    public uint PortId => socket.PortId;

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    /// <exception cref="SyscallException">The kernel has no nfnetlink.</exception>
    public static NftSocket Open() => new(NetlinkSocket.Open(NetlinkProtocol.Netfilter));

    /// <summary>Opens a socket in another network namespace. It may be used from any thread.</summary>
    public static NftSocket Open(NetNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        return ns.Run(Open);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The kernel commits within the send: when it returns without an error being queued, the batch has taken effect.
    /// </remarks>
    /// <exception cref="NftException">
    /// The batch was refused; nothing of it took effect. ERESTART: the generation is another by now, read the table again. EMSGSIZE: the batch
    /// does not fit the send buffer and this process may not enlarge it; split it (<see cref="NftBatch.Split"/>). ENOBUFS: the answers were
    /// lost, and whether the batch took effect is not known; read the table again.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// A batch that the kernel could not be told of, such as a rule with an <see cref="UnknownStatement"/>, or that nft could not list (<see cref="ListingTraps"/>).
    /// </exception>
    public void Apply(NftBatch batch, uint? generation = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.IsEmpty)
        {
            return;
        }

        var messages = new BatchWriter();
        var writer = new NetlinkWriter(stackalloc byte[2048]);
        try
        {
            messages.Write(ref writer, batch, generation);
            Commit(writer.Written, messages.Owners);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <inheritdoc/>
    public uint GetGeneration()
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETGEN, NetlinkFlags.None, 0);
        writer.EndMessage();
        return socket.TryGet(writer.Written, "get the ruleset's generation", static (in NetlinkMessage message, out uint generation) => TryReadGeneration(message, out generation), out var found)
            ? found
            : throw new NetlinkException("get the ruleset's generation", Errno.ENOENT);
    }

    /// <summary>Closes the socket. Tables stay.</summary>
    public void Dispose() => socket.Dispose();

    private static bool TryReadGeneration(in NetlinkMessage message, out uint generation)
    {
        generation = 0;
        if (message.Type != NfGenMessage.Type(NfTables.NFT_MSG_NEWGEN))
        {
            return false;
        }

        var attributes = message.Attributes(NfGenMessage.Size);
        while (attributes.Read())
        {
            if (attributes.Type == NfTables.NFTA_GEN_ID)
            {
                generation = attributes.UInt32BigEndian();
            }
        }

        return true;
    }

    private void Commit(Span<byte> datagram, IReadOnlyList<NftOperation?> owners)
    {
        socket.ReserveSendBuffer(datagram.Length);
        uint first;
        try
        {
            first = socket.Send(datagram);
        }
        catch (SyscallException e) when (e.Errno is Errno.EMSGSIZE or Errno.ENOBUFS && e.Syscall == "send")
        {
            throw new NftException(Errno.EMSGSIZE, null, $"{datagram.Length} bytes do not fit the send buffer");
        }

        // Only refusals are answered. All are read, so that none is taken for an answer to the next batch.
        NftException? refusal = null;
        var lost = false;
        while (true)
        {
            try
            {
                if (!socket.TryReceive(out var answers))
                {
                    break;
                }

                while (answers.Read(out var answer))
                {
                    if (refusal is null && answer.Type == NetlinkMessage.Error && answer.PortId == socket.PortId)
                    {
                        refusal = Refusal(NetlinkAck.Read(answer), first, owners, datagram);
                    }
                }
            }
            catch (SyscallException e) when (e.Errno == Errno.ENOBUFS)
            {
                lost = true;
            }
        }

        if (refusal is not null)
        {
            // A single refusal aborts all of the batch, however many more were lost.
            throw refusal;
        }

        if (lost)
        {
            throw new NftException(Errno.ENOBUFS, null, "the kernel's answers were lost; whether the batch took effect is not known");
        }
    }

    private static NftException? Refusal(in NetlinkAck ack, uint first, IReadOnlyList<NftOperation?> owners, ReadOnlySpan<byte> datagram)
    {
        var index = ack.Sequence - first;
        if (ack.Errno == Errno.None || index >= (uint)owners.Count)
        {
            return null;
        }

        var operation = owners[(int)index];
        var detail = ack.KernelText;
        if (operation is not null && ack.AttributeOffset is { } offset)
        {
            var place = RefusedElement.Describe(operation, MessageAt(datagram, (int)index), offset) ?? $"attribute at byte {offset}";
            detail = detail is null ? place : $"{detail} ({place})";
        }

        return new NftException(ack.Errno, operation, detail);
    }

    private static ReadOnlySpan<byte> MessageAt(ReadOnlySpan<byte> datagram, int index)
    {
        for (; index > 0; index--)
        {
            datagram = datagram[(int)((MemoryMarshal.Read<uint>(datagram) + 3) & ~3u)..];
        }

        return datagram[..(int)MemoryMarshal.Read<uint>(datagram)];
    }
}
