using System.Buffers.Binary;
using Podwire.Bgp.Wire;

namespace Podwire.BgpBench;

/// <summary>
/// Who announces what: client N (from 0, 10.99.1.N+1) the prefixes N*<paramref name="Each"/> up to the next client's, /26 one after the other
/// from 20.0.0.0 on, as a node announces its blocks. A prefix's number follows from its address, so that a delivery is judged without a table.
/// </summary>
/// <param name="Clients">How many sessions.</param>
/// <param name="Each">Prefixes of each client that announces.</param>
internal sealed record RoutePlan(int Clients, int Each)
{
    public const uint Asn = 64512;
    public const string Reflector = "10.99.0.1";

    /// <summary>The reflector's address and cluster id as a number.</summary>
    public const uint ReflectorId = 0x0a630001;
    private const uint First = 0x14000000;
    private const uint FirstClient = 0x0a630101;
    private const byte Length = 26;
    private const int Shift = 32 - Length;

    /// <summary>The clients from 0 on that announce; all unless said otherwise.</summary>
    public int Announcers { get; init; } = Clients;

    /// <summary>All prefixes.</summary>
    public int Prefixes => Announcers * Each;

    /// <summary>What one change of all prefixes has to bring about: each client hears of each other's.</summary>
    public long Deliveries => (long)Prefixes * (Clients - 1);

    public static uint AddressOf(int client) => FirstClient + (uint)client;

    public static string NameOf(int client) => $"10.99.1.{client + 1}";

    /// <summary>The number of a prefix on the wire; -1 if none of ours is meant.</summary>
    public int NumberOf(PrefixKey prefix)
    {
        var offset = (uint)(prefix.High >> 32) - First;
        return prefix.Length == Length && offset >> Shift < Prefixes ? (int)(offset >> Shift) : -1;
    }

    /// <summary>The UPDATEs with which a client announces some of its prefixes, full ones; <paramref name="med"/> 0 withdraws them.</summary>
    public static byte[] Updates(int client, int first, int count, byte med)
    {
        var attributes = Attributes(client, med);
        // Withdrawn routes and attributes have two octets of length each (RFC 4271 section 4.3).
        var most = (MessageHeader.LongestMessage - MessageHeader.Size - 4 - attributes.Length) / 5;
        using var all = new MemoryStream();
        Span<byte> body = stackalloc byte[MessageHeader.LongestMessage - MessageHeader.Size];
        for (var done = 0; done < count; done += most)
        {
            var here = Math.Min(most, count - done);
            var at = med == 0 ? 2 : 4 + attributes.Length;
            BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)(med == 0 ? 5 * here : 0));
            BinaryPrimitives.WriteUInt16BigEndian(body[(med == 0 ? at + (5 * here) : 2)..], (ushort)attributes.Length);
            attributes.CopyTo(body[4..]);
            for (var i = 0; i < here; i++)
            {
                body[at] = Length;
                BinaryPrimitives.WriteUInt32BigEndian(body[(at + 1)..], First + ((uint)(first + done + i) << Shift));
                at += 5;
            }

            all.Write(MessageHeader.Build(BgpMessageType.Update, body[..(med == 0 ? at + 2 : at)]));
        }

        return all.ToArray();
    }

    /// <summary>ORIGIN, an empty AS_PATH, NEXT_HOP, MULTI_EXIT_DISC, LOCAL_PREF: what a node within the AS sends. None for a withdrawal.</summary>
    private static byte[] Attributes(int client, byte med)
    {
        if (med == 0)
        {
            return [];
        }

        var address = AddressOf(client);
        return
        [
            0x40, (byte)AttributeType.Origin, 1, 0,
            0x40, (byte)AttributeType.AsPath, 0,
            0x40, (byte)AttributeType.NextHop, 4, (byte)(address >> 24), (byte)(address >> 16), (byte)(address >> 8), (byte)address,
            0x80, (byte)AttributeType.MultiExitDisc, 4, 0, 0, 0, med,
            0x40, (byte)AttributeType.LocalPref, 4, 0, 0, 0, 100,
        ];
    }
}
