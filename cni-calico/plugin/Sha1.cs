using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Podwire.CniCalico.Plugin;

/// <summary>SHA-1 (RFC 3174) of a short text, for names alone: the framework's own would load a cryptography library into a program that lives for milliseconds.</summary>
internal static class Sha1
{
    /// <summary>The digest in hexadecimal digits, 40 of them.</summary>
    public static string Hex(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var padded = new byte[(length + 8) / 64 * 64 + 64];
        Encoding.UTF8.GetBytes(text, padded);
        padded[length] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(padded.AsSpan(padded.Length - 8), (ulong)length * 8);
        Span<uint> state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0];
        for (var at = 0; at < padded.Length; at += 64)
        {
            Add(state, padded.AsSpan(at, 64));
        }

        Span<byte> digest = stackalloc byte[20];
        for (var i = 0; i < 5; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(digest[(i * 4)..], state[i]);
        }

        return Convert.ToHexStringLower(digest);
    }

    private static void Add(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[80];
        for (var i = 0; i < 80; i++)
        {
            words[i] = i < 16 ? BinaryPrimitives.ReadUInt32BigEndian(block[(i * 4)..]) : BitOperations.RotateLeft(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
        }

        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4]);
        for (var i = 0; i < 80; i++)
        {
            uint mixed;
            uint constant;
            switch (i / 20)
            {
                case 0:
                    (mixed, constant) = ((b & c) | (~b & d), 0x5A827999u);
                    break;
                case 1:
                    (mixed, constant) = (b ^ c ^ d, 0x6ED9EBA1u);
                    break;
                case 2:
                    (mixed, constant) = ((b & c) | (b & d) | (c & d), 0x8F1BBCDCu);
                    break;
                default:
                    (mixed, constant) = (b ^ c ^ d, 0xCA62C1D6u);
                    break;
            }

            var next = BitOperations.RotateLeft(a, 5) + mixed + e + constant + words[i];
            (e, d, c, b, a) = (d, c, BitOperations.RotateLeft(b, 30), a, next);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }
}
