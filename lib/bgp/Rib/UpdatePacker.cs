using System.Buffers.Binary;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>
/// Writes UPDATEs into buffers of 64 kB that are never written again once handed out: as many prefixes of one set of attributes as a message
/// holds. A message ends when the attributes change, when it is full, or at <see cref="Finish"/>; each goes to the sink with the peer it must not go to.
/// </summary>
internal sealed class UpdatePacker(IpFamily family, bool hasPathIds, int longest, Action<byte[], int, int, int> sink)
{
    private const int BufferSize = 64 * 1024;
    private byte[] buffer = [];
    private int start;
    private int at;
    private int skip;
    private OutAttributes? attributes;
    private bool isOpen;
    private int reachLength;

    /// <summary>Begins announcements with these attributes, to all but one peer.</summary>
    public void Announce(OutAttributes next, int notTo)
    {
        if (!isOpen || attributes != next || skip != notTo)
        {
            Finish();
            (attributes, skip) = (next, notTo);
        }
    }

    /// <summary>Begins withdrawals, to all but one peer.</summary>
    public void Withdraw(int notTo)
    {
        if (!isOpen || attributes is not null || skip != notTo)
        {
            Finish();
            (attributes, skip) = (null, notTo);
        }
    }

    /// <summary>True if a message holds these attributes and a prefix of any length.</summary>
    public bool Fits(OutAttributes next) =>
        MessageHeader.Size + 4 + next.Block.Length + (family == IpFamily.V6 ? 4 + 4 + 16 + 1 + 17 : 5) + (hasPathIds ? 4 : 0) <= longest;

    /// <summary>Adds a prefix to what was begun.</summary>
    public void Add(PrefixKey prefix, uint pathId)
    {
        var size = prefix.WireSize + (hasPathIds ? 4 : 0);
        var tail = attributes is not null && family == IpFamily.V6 ? attributes.Block.Length : attributes is null && family == IpFamily.V4 ? 2 : 0;
        if (isOpen && at - start + size + tail > longest)
        {
            Close();
        }

        if (!isOpen)
        {
            Open();
        }

        if (hasPathIds)
        {
            BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(at), pathId);
            at += 4;
        }

        at += prefix.WriteTo(buffer.AsSpan(at));
    }

    /// <summary>Ends the message under way, if there is one.</summary>
    public void Finish()
    {
        if (isOpen)
        {
            Close();
        }
    }

    /// <summary>A whole End-of-RIB (RFC 4724 section 2).</summary>
    public static byte[] EndOfRib(IpFamily family) => family == IpFamily.V4
        ? MessageHeader.Build(BgpMessageType.Update, [0, 0, 0, 0])
        : MessageHeader.Build(BgpMessageType.Update, [0, 0, 0, 6, (byte)AttributeFlags.Optional, (byte)AttributeType.MpUnreach, 3, 0, 2, AddressFamily.Unicast]);

    private void Open()
    {
        if (buffer.Length - at < longest)
        {
            buffer = GC.AllocateUninitializedArray<byte>(Math.Max(BufferSize, longest));
            at = 0;
        }

        start = at;
        at += MessageHeader.Size;
        isOpen = true;
        if (attributes is null)
        {
            // v4: withdrawn routes begin behind their length. v6: an attribute MP_UNREACH_NLRI with a two-octet length.
            at += family == IpFamily.V4 ? 2 : 4 + 4 + 3;
            return;
        }

        buffer.AsSpan(at, 4).Clear();
        at += 4;
        if (family == IpFamily.V4)
        {
            attributes.Block.CopyTo(buffer, at);
            at += attributes.Block.Length;
            return;
        }

        reachLength = at;
        buffer[at] = (byte)(AttributeFlags.Optional | AttributeFlags.ExtendedLength);
        buffer[at + 1] = (byte)AttributeType.MpReach;
        at += 4;
        ReadOnlySpan<byte> head = [0, 2, AddressFamily.Unicast, (byte)attributes.NextHop.Size];
        head.CopyTo(buffer.AsSpan(at));
        at += 4;
        at += attributes.NextHop.WriteTo(buffer.AsSpan(at));
        buffer[at++] = 0;
    }

    private void Close()
    {
        isOpen = false;
        var message = start + MessageHeader.Size;
        if (attributes is null)
        {
            CloseWithdrawals(message);
        }
        else if (family == IpFamily.V4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(message + 2), (ushort)attributes.Block.Length);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(reachLength + 2), (ushort)(at - reachLength - 4));
            attributes.Block.CopyTo(buffer, at);
            at += attributes.Block.Length;
            BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(message + 2), (ushort)(at - message - 4));
        }

        MessageHeader.Write(buffer.AsSpan(start, at - start), BgpMessageType.Update);
        sink(buffer, start, at - start, skip);
    }

    private void CloseWithdrawals(int message)
    {
        if (family == IpFamily.V4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(message), (ushort)(at - message - 2));
            buffer.AsSpan(at, 2).Clear();
            at += 2;
            return;
        }

        buffer.AsSpan(message, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(message + 2), (ushort)(at - message - 4));
        ReadOnlySpan<byte> head = [(byte)(AttributeFlags.Optional | AttributeFlags.ExtendedLength), (byte)AttributeType.MpUnreach];
        head.CopyTo(buffer.AsSpan(message + 4));
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(message + 6), (ushort)(at - message - 8));
        ReadOnlySpan<byte> afi = [0, 2, AddressFamily.Unicast];
        afi.CopyTo(buffer.AsSpan(message + 8));
    }
}
