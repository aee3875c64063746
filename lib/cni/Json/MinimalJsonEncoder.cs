using System.Text;
using System.Text.Encodings.Web;

namespace Podwire.Cni;

/// <summary>
/// Escapes what RFC 8259 section 7 says must be escaped, and nothing more: quotation mark, backslash, control characters. The framework's
/// encoders do the same in the end, but the first use of any of them fills tables of 65,536 characters, a fifth of a plugin's time.
/// </summary>
internal sealed class MinimalJsonEncoder : JavaScriptEncoder
{
    private const string Hex = "0123456789abcdef";

    /// <summary><c>\u0000</c>.</summary>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < ' ' or '"' or '\\';

    /// <inheritdoc/>
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var span = new ReadOnlySpan<char>(text, textLength);
        for (var i = 0; i < span.Length; i++)
        {
            // A surrogate without its other half cannot be written as UTF-8; the base class replaces it.
            if (WillEncode(span[i]) || (char.IsSurrogate(span[i]) && !IsPair(span, ref i)))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text)
    {
        for (var i = 0; i < utf8Text.Length; i++)
        {
            if (WillEncode(utf8Text[i]))
            {
                return i;
            }

            if (utf8Text[i] >= 0x80)
            {
                if (Rune.DecodeFromUtf8(utf8Text[i..], out _, out var consumed) != System.Buffers.OperationStatus.Done)
                {
                    return i;
                }

                i += consumed - 1;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var output = new Span<char>(buffer, bufferLength);
        Span<char> escaped = stackalloc char[6];
        var length = 2;
        escaped[0] = '\\';
        switch (unicodeScalar)
        {
            case '"' or '\\':
                escaped[1] = (char)unicodeScalar;
                break;
            case '\n':
                escaped[1] = 'n';
                break;
            case '\r':
                escaped[1] = 'r';
                break;
            case '\t':
                escaped[1] = 't';
                break;
            case < ' ':
                "u00".CopyTo(escaped[1..]);
                escaped[4] = Hex[unicodeScalar >> 4];
                escaped[5] = Hex[unicodeScalar & 15];
                length = 6;
                break;
            default:
                length = new Rune(unicodeScalar).EncodeToUtf16(escaped);
                break;
        }

        numberOfCharactersWritten = escaped[..length].TryCopyTo(output) ? length : 0;
        return numberOfCharactersWritten > 0;
    }

    private static bool IsPair(ReadOnlySpan<char> text, ref int at)
    {
        if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
        {
            return false;
        }

        at++;
        return true;
    }
}
