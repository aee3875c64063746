using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Podwire.Bgp.Wire;

/// <summary>A large community (RFC 8092): three words of 32 bits, written «GLOBAL:LOCAL1:LOCAL2».</summary>
/// <param name="Global">The Global Administrator, an AS number.</param>
/// <param name="Local1">Local Data Part 1.</param>
/// <param name="Local2">Local Data Part 2.</param>
public readonly record struct LargeCommunity(uint Global, uint Local1, uint Local2)
{
    /// <summary>Octets on the wire.</summary>
    public const int Size = 12;

    /// <summary>Reads the canonical text (RFC 8092 section 5): decimal numbers without leading zeros.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out LargeCommunity community)
    {
        community = default;
        if (text?.Split(':') is not [var global, var first, var second] || !TryReadWord(global, out var a) || !TryReadWord(first, out var b) || !TryReadWord(second, out var c))
        {
            return false;
        }

        community = new(a, b, c);
        return true;
    }

    /// <summary>Its text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Global}:{Local1}:{Local2}");

    internal static LargeCommunity[] Read(ReadOnlySpan<byte> value)
    {
        var found = new LargeCommunity[value.Length / Size];
        for (var i = 0; i < found.Length; i++)
        {
            var one = value.Slice(i * Size, Size);
            found[i] = new(BinaryPrimitives.ReadUInt32BigEndian(one), BinaryPrimitives.ReadUInt32BigEndian(one[4..]), BinaryPrimitives.ReadUInt32BigEndian(one[8..]));
        }

        return found;
    }

    /// <summary>The words of several, each once: a receiver has to throw repetitions away (RFC 8092 section 3).</summary>
    internal static uint[] Words(IEnumerable<LargeCommunity> communities)
    {
        var words = new List<uint>();
        foreach (var community in communities.Distinct())
        {
            words.AddRange([community.Global, community.Local1, community.Local2]);
        }

        return [.. words];
    }

    private static bool TryReadWord(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (text.Length == 1 || text[0] != '0');
}
