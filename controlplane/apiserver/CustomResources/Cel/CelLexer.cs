using System.Globalization;
using System.Text;

namespace Podwire.ApiServer.CustomResources.Cel;

/// <summary>Cuts an expression into tokens (CEL language definition, Lexis).</summary>
internal static class CelLexer
{
    private static readonly string[] Pairs = ["==", "!=", "<=", ">=", "&&", "||"];

    /// <exception cref="CelException">A character or literal that CEL does not know.</exception>
    public static List<CelToken> Read(string text)
    {
        var tokens = new List<CelToken>();
        for (var i = 0; i < text.Length;)
        {
            var letter = text[i];
            if (char.IsWhiteSpace(letter))
            {
                i++;
            }
            else if (letter == '/' && i + 1 < text.Length && text[i + 1] == '/')
            {
                i = text.IndexOf('\n', i) is var end && end < 0 ? text.Length : end;
            }
            else if (letter is '"' or '\'' || (letter is 'r' or 'R' && i + 1 < text.Length && text[i + 1] is '"' or '\''))
            {
                tokens.Add(Quoted(text, ref i));
            }
            else if (char.IsAsciiLetter(letter) || letter == '_')
            {
                var start = i;
                while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] == '_'))
                {
                    i++;
                }

                tokens.Add(new(CelTokenKind.Name, text[start..i], null, start));
            }
            else if (char.IsAsciiDigit(letter))
            {
                tokens.Add(Number(text, ref i));
            }
            else if (i + 1 < text.Length && Array.IndexOf(Pairs, text.Substring(i, 2)) >= 0)
            {
                tokens.Add(new(CelTokenKind.Operator, text.Substring(i, 2), null, i));
                i += 2;
            }
            else if ("()[]{}.,:?!<>+-*/%".Contains(letter))
            {
                tokens.Add(new(CelTokenKind.Operator, letter.ToString(), null, i));
                i++;
            }
            else
            {
                throw new CelException($"position {i + 1}: unexpected character '{letter}'");
            }
        }

        tokens.Add(new(CelTokenKind.End, "the end", null, text.Length));
        return tokens;
    }

    private static CelToken Number(string text, ref int i)
    {
        var start = i;
        var isHex = text[i] == '0' && i + 1 < text.Length && text[i + 1] is 'x' or 'X';
        i += isHex ? 2 : 0;
        while (i < text.Length && (isHex ? char.IsAsciiHexDigit(text[i]) : char.IsAsciiDigit(text[i]) || IsFraction(text, i) || IsExponent(text, i, start)))
        {
            i++;
        }

        var digits = text[start..i];
        if (i < text.Length && text[i] is 'u' or 'U')
        {
            i++;
        }

        if (isHex)
        {
            return long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex)
                ? new(CelTokenKind.Int, digits, hex, start)
                : throw new CelException($"position {start + 1}: {digits} is no number");
        }

        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
        {
            return new(CelTokenKind.Int, digits, whole, start);
        }

        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new(CelTokenKind.Double, digits, number, start)
            : throw new CelException($"position {start + 1}: {digits} is no number");
    }

    private static bool IsFraction(string text, int i) => text[i] == '.' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]);

    private static bool IsExponent(string text, int i, int start) =>
        (text[i] is 'e' or 'E' && i > start) || (text[i] is '+' or '-' && i > start && text[i - 1] is 'e' or 'E');

    private static CelToken Quoted(string text, ref int i)
    {
        var start = i;
        var isRaw = text[i] is 'r' or 'R';
        i += isRaw ? 1 : 0;
        var quote = text[i..].StartsWith(new string(text[i], 3), StringComparison.Ordinal) ? new string(text[i], 3) : text[i].ToString();
        i += quote.Length;
        var value = new StringBuilder();
        while (true)
        {
            if (i >= text.Length)
            {
                throw new CelException($"position {start + 1}: the text does not end");
            }

            if (string.CompareOrdinal(text, i, quote, 0, quote.Length) == 0)
            {
                i += quote.Length;
                return new(CelTokenKind.Text, text[start..i], value.ToString(), start);
            }

            if (text[i] == '\\' && !isRaw)
            {
                Escape(text, ref i, value);
            }
            else
            {
                value.Append(text[i++]);
            }
        }
    }

    private static void Escape(string text, ref int i, StringBuilder value)
    {
        var letter = i + 1 < text.Length ? text[i + 1] : '\0';
        var digits = letter switch { 'x' or 'X' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            if (i + 2 + digits > text.Length || !int.TryParse(text.AsSpan(i + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || !Rune.IsValid(code))
            {
                throw new CelException($"position {i + 1}: a bad escape");
            }

            value.Append(new Rune(code).ToString());
            i += 2 + digits;
            return;
        }

        value.Append(letter switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'v' => '\v',
            '\\' or '\'' or '"' or '`' or '?' => letter,
            _ => throw new CelException($"position {i + 1}: unknown escape \\{letter}"),
        });
        i += 2;
    }
}
