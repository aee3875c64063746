using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Podwire.CniFlannel.Agent.Udp.Interop;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>
/// What the kernel leaves to the reader of a TUN device (virtio 1.2 section 5.1.6): checksums that are only begun, and TCP or UDP data that
/// is still to be cut into packets. The cut packets get headers of their own; their data is not copied.
/// </summary>
internal static unsafe class PacketSplitter
{
    private const byte Fin = 0x01;
    private const byte Psh = 0x08;
    private const byte Cwr = 0x80;

    /// <summary>How many packets one becomes; 0 for one that is malformed.</summary>
    public static int Count(in VirtioHeader virtio, scoped in Ipv4Packet packet)
    {
        if (virtio.GsoType == VirtioHeader.GsoNone)
        {
            return 1;
        }

        var header = HeaderLength(virtio, packet);
        return header == 0 || virtio.GsoSize == 0 ? 0 : Math.Max(1, (packet.Bytes.Length - header + virtio.GsoSize - 1) / virtio.GsoSize);
    }

    /// <summary>Adds the packet, or the packets it becomes, to a batch. <see cref="Count"/> was not 0, and there is room.</summary>
    /// <param name="virtio">What stood before the packet.</param>
    /// <param name="start">The packet; it stays there until the batch is sent.</param>
    /// <param name="packet">The same, read.</param>
    /// <param name="node">Where it goes.</param>
    /// <param name="batch">Where to put it.</param>
    public static void Split(in VirtioHeader virtio, byte* start, scoped in Ipv4Packet packet, uint node, SendBatch batch)
    {
        var count = Count(virtio, packet);
        if (virtio.GsoType == VirtioHeader.GsoNone || count == 1)
        {
            if (virtio.GsoType != VirtioHeader.GsoNone)
            {
                Ipv4Packet.SetLength(packet.Header, packet.Bytes.Length);
            }

            if ((virtio.Flags & VirtioHeader.NeedsChecksum) != 0)
            {
                FinishChecksum(virtio, packet.Bytes);
            }

            batch.Add(node, start, packet.Bytes.Length, null, 0);
            return;
        }

        var headerLength = HeaderLength(virtio, packet);
        var isTcp = packet.Protocol == Ipv4Packet.Tcp;
        var whole = packet.Bytes[..headerLength];
        var identification = BinaryPrimitives.ReadUInt16BigEndian(whole[4..]);
        var ip = packet.HeaderLength;
        var sequence = isTcp ? BinaryPrimitives.ReadUInt32BigEndian(whole[(ip + 4)..]) : 0;
        for (int i = 0, at = headerLength; i < count; i++, at += virtio.GsoSize)
        {
            var bodyLength = Math.Min(virtio.GsoSize, packet.Bytes.Length - at);
            var header = batch.Header(headerLength);
            whole.CopyTo(header);
            BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)(identification + i));
            Ipv4Packet.SetLength(header[..ip], headerLength + bodyLength);
            var transport = header[ip..];
            if (isTcp)
            {
                BinaryPrimitives.WriteUInt32BigEndian(transport[4..], sequence + (uint)(i * virtio.GsoSize));
                transport[13] &= (byte)~((i < count - 1 ? Fin | Psh : 0) | (i > 0 ? Cwr : 0));
            }
            else
            {
                BinaryPrimitives.WriteUInt16BigEndian(transport[4..], (ushort)(transport.Length + bodyLength));
            }

            var field = transport.Slice(isTcp ? 16 : 6, 2);
            field.Clear();
            var sum = InternetChecksum.PseudoHeader(header, packet.Protocol, transport.Length + bodyLength);
            var checksum = InternetChecksum.Finish(InternetChecksum.Add(packet.Bytes.Slice(at, bodyLength), InternetChecksum.Add(transport, sum)));
            MemoryMarshal.Write(field, isTcp || checksum != 0 ? checksum : ushort.MaxValue);
            batch.Add(node, (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(header)), headerLength, start + at, bodyLength);
        }
    }

    /// <summary>Completes a checksum whose field holds the pseudo header's sum; does nothing if the place lies outside.</summary>
    private static void FinishChecksum(in VirtioHeader virtio, Span<byte> packet)
    {
        var place = virtio.ChecksumStart + virtio.ChecksumOffset;
        if (place + 2 <= packet.Length)
        {
            var checksum = InternetChecksum.Finish(InternetChecksum.Add(packet[virtio.ChecksumStart..]));
            MemoryMarshal.Write(packet[place..], checksum == 0 ? ushort.MaxValue : checksum);
        }
    }

    /// <summary>IP and TCP or UDP header together; 0 if the packet is not of the kind it is said to be, or cut off.</summary>
    private static int HeaderLength(in VirtioHeader virtio, scoped in Ipv4Packet packet)
    {
        var ip = packet.HeaderLength;
        switch (virtio.GsoType & ~VirtioHeader.GsoEcn)
        {
            case VirtioHeader.GsoTcpV4 when packet.Protocol == Ipv4Packet.Tcp && packet.Bytes.Length >= ip + 20:
                var tcp = (packet.Bytes[ip + 12] >> 4) * 4;
                return tcp >= 20 && ip + tcp <= packet.Bytes.Length ? ip + tcp : 0;
            case VirtioHeader.GsoUdpL4 when packet.Protocol == Ipv4Packet.Udp && packet.Bytes.Length >= ip + 8:
                return ip + 8;
            default:
                return 0;
        }
    }
}
