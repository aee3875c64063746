using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Domains;

/// <summary>What a resolver says of one name and type (RFC 1035 section 4).</summary>
/// <param name="Addresses">The addresses; none if the name has none.</param>
/// <param name="Ttl">How long that holds, in seconds: the least of all records on the way, or what the zone says of what is missing.</param>
/// <param name="Alias">Where a chain of aliases leads out of the message; null if it does not.</param>
internal sealed record DnsReply(IReadOnlyList<IpAddress> Addresses, uint Ttl, string? Alias)
{
    /// <summary>How long something stays missing where the zone does not say, in seconds.</summary>
    public const uint MissingTtl = 30;

    /// <summary>The most records of a message that are looked at.</summary>
    public const int MaxRecords = 512;

    /// <summary>The most aliases on the way to an address.</summary>
    public const int MaxAliases = 16;

    private const int HeaderLength = 12;
    private const ushort Internet = 1;
    private const int NoError = 0;
    private const int NoName = 3;

    /// <summary>Writes a question; returns its length.</summary>
    /// <param name="id">What the answer will be told by.</param>
    /// <param name="name">The name; it must be valid.</param>
    /// <param name="type">The type.</param>
    /// <param name="into">At least 300 bytes.</param>
    public static int WriteQuestion(ushort id, string name, DnsType type, Span<byte> into)
    {
        into[..HeaderLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(into, id);
        // Recursion is desired; one question, and one record besides: EDNS with room for 1232 bytes (RFC 6891), so that few answers need TCP.
        into[2] = 0x01;
        into[5] = 1;
        into[11] = 1;
        var at = HeaderLength + DnsName.Write(name, into[HeaderLength..]);
        BinaryPrimitives.WriteUInt16BigEndian(into[at..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(into[(at + 2)..], Internet);
        at += 4;
        ReadOnlySpan<byte> options = [0, 0, 41, 1232 >> 8, 1232 & 0xFF, 0, 0, 0, 0, 0, 0];
        options.CopyTo(into[at..]);
        return at + options.Length;
    }

    /// <summary>True if the message is an answer to that question, whatever it says.</summary>
    public static bool IsAnswerTo(ReadOnlySpan<byte> message, ushort id) =>
        message.Length >= HeaderLength && BinaryPrimitives.ReadUInt16BigEndian(message) == id && (message[2] & 0x80) != 0;

    /// <summary>True if not all of the answer fit: it is to be asked for over TCP.</summary>
    public static bool IsTruncated(ReadOnlySpan<byte> message) => message.Length >= HeaderLength && (message[2] & 0x02) != 0;

    /// <summary>Reads an answer.</summary>
    /// <exception cref="DnsFormatException">It is malformed, is about something else, or the resolver could not find out.</exception>
    public static DnsReply Read(ReadOnlySpan<byte> message, string name, DnsType type)
    {
        if (message.Length < HeaderLength)
        {
            throw new DnsFormatException("a message without a header", message.Length);
        }

        var code = message[3] & 0x0F;
        if (code is not (NoError or NoName))
        {
            throw new DnsFormatException($"the resolver could not find out (code {code})", 3);
        }

        var (questions, answers, authorities) = (Count(message, 4), Count(message, 6), Count(message, 8));
        var at = HeaderLength;
        if (questions != 1 || DnsName.Read(message, ref at) != name || UInt16(message, at) != (ushort)type || UInt16(message, at + 2) != Internet)
        {
            throw new DnsFormatException("an answer to another question", HeaderLength);
        }

        at += 4;
        var aliases = new Dictionary<string, (string Target, uint Ttl)>(StringComparer.Ordinal);
        var addresses = new List<(string Owner, IpAddress Address, uint Ttl)>();
        var missing = MissingTtl;
        for (var i = 0; i < Math.Min(answers + authorities, MaxRecords); i++)
        {
            var owner = DnsName.Read(message, ref at);
            var (recordType, recordClass, ttl, length) = (UInt16(message, at), UInt16(message, at + 2), Ttl32(message, at + 4), UInt16(message, at + 8));
            at += 10;
            if (at + length > message.Length)
            {
                throw new DnsFormatException("a record that does not end", at);
            }

            var isAnswer = i < answers;
            switch ((DnsType)recordType)
            {
                case var _ when recordClass != Internet:
                    break;
                case DnsType.Cname when isAnswer:
                    var target = at;
                    aliases.TryAdd(owner, (DnsName.Read(message[..(at + length)], ref target), ttl));
                    break;
                case DnsType.Soa when !isAnswer && length >= 22:
                    missing = Math.Min(ttl, Ttl32(message, at + length - 4));
                    break;
                case var given when isAnswer && given == type && length == (type == DnsType.A ? 4 : 16):
                    addresses.Add((owner, IpAddress.FromBytes(message.Slice(at, length)), ttl));
                    break;
            }

            at += length;
        }

        return Follow(name, aliases, addresses, missing);
    }

    private static DnsReply Follow(string name, Dictionary<string, (string Target, uint Ttl)> aliases, List<(string Owner, IpAddress Address, uint Ttl)> addresses, uint missing)
    {
        var (at, least) = (name, uint.MaxValue);
        for (var hops = 0; hops <= MaxAliases; hops++)
        {
            var found = new List<IpAddress>();
            foreach (var (owner, address, ttl) in addresses)
            {
                if (owner == at && !found.Contains(address))
                {
                    found.Add(address);
                    least = Math.Min(least, ttl);
                }
            }

            if (found.Count > 0)
            {
                return new(found, least, null);
            }

            if (!aliases.TryGetValue(at, out var alias))
            {
                return at == name ? new([], missing, null) : new([], Math.Min(least, missing), at);
            }

            (at, least) = (alias.Target, Math.Min(least, alias.Ttl));
        }

        throw new DnsFormatException($"more than {MaxAliases} aliases", HeaderLength);
    }

    private static int Count(ReadOnlySpan<byte> message, int at) => UInt16(message, at);

    private static ushort UInt16(ReadOnlySpan<byte> message, int at) => at + 2 <= message.Length
        ? BinaryPrimitives.ReadUInt16BigEndian(message[at..])
        : throw new DnsFormatException("a message that does not end", at);

    /// <summary>A time to live; one with the highest bit set means zero (RFC 2181 section 8).</summary>
    private static uint Ttl32(ReadOnlySpan<byte> message, int at)
    {
        var ttl = ((uint)UInt16(message, at) << 16) | UInt16(message, at + 2);
        return ttl > int.MaxValue ? 0 : ttl;
    }
}
