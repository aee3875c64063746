using System.Buffers.Binary;

namespace Podwire.Bgp.Wire;

/// <summary>AS_PATH segments: type, count, numbers (RFC 4271 section 4.3).</summary>
internal static class AsPathSegment
{
    public const byte Set = 1;
    public const byte Sequence = 2;
    private const byte ConfederationSequence = 3;
    private const byte ConfederationSet = 4;

    /// <summary>
    /// True if the value is a list of whole segments of known types, none of them empty (RFC 7606 section 7.2). Segments of a confederation are
    /// for its members, which we are not (RFC 5065 section 5); AS4_PATH may have them and they are passed over (RFC 6793 section 3).
    /// </summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> value, int asSize, bool allowsConfederations = false)
    {
        while (!value.IsEmpty)
        {
            if (value.Length < 2 || value[0] < Set || value[0] > (allowsConfederations ? ConfederationSet : Sequence) || value[1] == 0 || value.Length < 2 + (asSize * value[1]))
            {
                return false;
            }

            value = value[(2 + (asSize * value[1]))..];
        }

        return true;
    }

    /// <summary>Writes a path of two-octet numbers as one of four-octet numbers; returns the octets written.</summary>
    public static int Widen(ReadOnlySpan<byte> path, Span<byte> destination)
    {
        var at = 0;
        while (!path.IsEmpty)
        {
            var numbers = path[1];
            path[..2].CopyTo(destination[at..]);
            at += 2;
            for (var i = 0; i < numbers; i++, at += 4)
            {
                BinaryPrimitives.WriteUInt32BigEndian(destination[at..], BinaryPrimitives.ReadUInt16BigEndian(path[(2 + (2 * i))..]));
            }

            path = path[(2 + (2 * numbers))..];
        }

        return at;
    }

    /// <summary>Writes a path of four-octet numbers as one of two, AS_TRANS for what does not fit; true if something did not.</summary>
    public static bool Narrow(ReadOnlySpan<byte> path, Span<byte> destination, out int written)
    {
        written = 0;
        var isLossy = false;
        while (!path.IsEmpty)
        {
            var numbers = path[1];
            path[..2].CopyTo(destination[written..]);
            written += 2;
            for (var i = 0; i < numbers; i++, written += 2)
            {
                var number = BinaryPrimitives.ReadUInt32BigEndian(path[(2 + (4 * i))..]);
                isLossy |= number > ushort.MaxValue;
                BinaryPrimitives.WriteUInt16BigEndian(destination[written..], number > ushort.MaxValue ? OpenMessage.AsTrans : (ushort)number);
            }

            path = path[(2 + (4 * numbers))..];
        }

        return isLossy;
    }

    /// <summary>How many AS numbers there are, sets and confederations counted as the decision process does.</summary>
    public static int Hops(ReadOnlySpan<byte> path)
    {
        var hops = 0;
        while (path.Length >= 2)
        {
            hops += path[0] switch { Sequence => path[1], Set => 1, _ => 0 };
            path = path[(2 + (4 * path[1]))..];
        }

        return hops;
    }

    /// <summary>
    /// The true path of a route that came over two-octet speakers: the leading part of AS_PATH that AS4_PATH lacks, then AS4_PATH
    /// (RFC 6793 section 4.2.3). Both of four octets, well-formed. An AS4_PATH that is longer than AS_PATH counts for nothing.
    /// </summary>
    public static byte[] Merge(ReadOnlySpan<byte> path, ReadOnlySpan<byte> as4Path)
    {
        var missing = Hops(path) - Hops(as4Path);
        if (missing < 0)
        {
            return path.ToArray();
        }

        var merged = new List<byte>();
        for (; missing > 0; path = path[(2 + (4 * path[1]))..])
        {
            var numbers = path[0] == Sequence ? Math.Min(path[1], missing) : path[1];
            Append(merged, path[0], path.Slice(2, 4 * numbers));
            missing -= path[0] == Sequence ? numbers : 1;
        }

        for (; !as4Path.IsEmpty; as4Path = as4Path[(2 + (4 * as4Path[1]))..])
        {
            if (as4Path[0] is Set or Sequence)
            {
                Append(merged, as4Path[0], as4Path.Slice(2, 4 * as4Path[1]));
            }
        }

        return [.. merged];
    }

    /// <summary>The path with a number put before it some times; a sequence that would get longer than 255 begins a new one.</summary>
    public static byte[] Prepend(ReadOnlySpan<byte> path, uint asn, int times)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, asn);
        var result = path.ToArray();
        for (var i = 0; i < times; i++)
        {
            result = result.Length > 0 && result[0] == Sequence && result[1] < 255
                ? [Sequence, (byte)(result[1] + 1), .. number, .. result.AsSpan(2)]
                : [Sequence, 1, .. number, .. result];
        }

        return result;
    }

    /// <summary>Adds a segment; a sequence behind a sequence is one as long as its count fits.</summary>
    private static void Append(List<byte> path, byte type, ReadOnlySpan<byte> numbers)
    {
        var last = -1;
        for (var at = 0; at < path.Count; at += 2 + (4 * path[at + 1]))
        {
            last = at;
        }

        if (type == Sequence && last >= 0 && path[last] == Sequence && path[last + 1] + (numbers.Length / 4) <= 255)
        {
            path[last + 1] += (byte)(numbers.Length / 4);
        }
        else
        {
            path.AddRange([type, (byte)(numbers.Length / 4)]);
        }

        path.AddRange(numbers);
    }
}
