using System.Text;
using System.Text.Json;

namespace Podwire.Cni;

/// <summary>
/// Walks the members of one JSON object, forward only, without building anything: <c>while (r.Next()) { if (r.Is("mtu"u8)) mtu = r.Int32(); }</c>.
/// A member that is not read is skipped. Keys match without regard to ASCII case and <c>null</c> reads as «not set», as Go's decoder does,
/// because configurations in use rely on it. Every failure is a <see cref="CniException"/> of code 6 that names the place.
/// </summary>
public ref struct JsonObjectReader
{
    private readonly ReadOnlyMemory<byte> json;
    private readonly string what;
    private Utf8JsonReader reader;
    private bool pending;
    private bool started;

    /// <summary>Over the text of an object; <paramref name="what"/> names it in messages, such as "ipam".</summary>
    public JsonObjectReader(ReadOnlyMemory<byte> json, string what)
    {
        this.json = json;
        this.what = what;
        reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Disallow });
    }

    /// <summary>The present member's key, unescaped.</summary>
    public string Key { get; private set; } = string.Empty;

    /// <summary>Moves to the next member; false behind the last, when only white space may follow.</summary>
    public bool Next()
    {
        if (!started)
        {
            started = true;
            Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Wrong($"{what} must be an object");
            }
        }

        if (pending)
        {
            Skip();
        }

        Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            if (reader.CurrentDepth == 0 && TryRead())
            {
                throw Wrong($"{what} has text behind its end");
            }

            return false;
        }

        Key = Text();
        pending = true;
        return true;
    }

    /// <summary>True if the present member has this key.</summary>
    public readonly bool Is(ReadOnlySpan<byte> name)
    {
        if (Key.Length != name.Length)
        {
            return false;
        }

        return Ascii.EqualsIgnoreCase(name, Key);
    }

    /// <summary>The value as text, null for null.</summary>
    public string? String()
    {
        Value();
        return reader.TokenType switch
        {
            JsonTokenType.String => Text(),
            JsonTokenType.Null => null,
            _ => throw WrongType("a string"),
        };
    }

    /// <summary>The value as true or false; null reads as false.</summary>
    public bool Boolean()
    {
        Value();
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False or JsonTokenType.Null => false,
            _ => throw WrongType("true or false"),
        };
    }

    /// <summary>The value as true or false, null for null.</summary>
    public bool? BooleanOrNull()
    {
        Value();
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Null => null,
            _ => throw WrongType("true or false"),
        };
    }

    /// <summary>The value as a whole number, null for null.</summary>
    public int? Int32OrNull()
    {
        Value();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : throw WrongType("a whole number of 32 bits");
    }

    /// <summary>The value as a whole number; null reads as 0.</summary>
    public int Int32() => Int32OrNull() ?? 0;

    /// <summary>The value as a whole number of 64 bits; null reads as 0.</summary>
    public long Int64()
    {
        Value();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return 0;
        }

        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number : throw WrongType("a whole number of 64 bits");
    }

    /// <summary>The value as a list of texts; null reads as empty.</summary>
    public IReadOnlyList<string> Strings()
    {
        Value();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return [];
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw WrongType("a list of strings");
        }

        var list = new List<string>();
        for (Read(); reader.TokenType != JsonTokenType.EndArray; Read())
        {
            list.Add(reader.TokenType == JsonTokenType.String ? Text() : throw WrongType("a list of strings"));
        }

        return list;
    }

    /// <summary>The value's JSON text; empty for null.</summary>
    public ReadOnlyMemory<byte> Raw()
    {
        Value();
        var start = (int)reader.TokenStartIndex;
        var isNull = reader.TokenType == JsonTokenType.Null;
        SkipValue();
        return isNull ? default : json[start..(int)reader.BytesConsumed];
    }

    /// <summary>The value's JSON text if it is an object; empty for null.</summary>
    public ReadOnlyMemory<byte> Object()
    {
        var raw = Raw();
        return raw.IsEmpty || raw.Span[0] == '{' ? raw : throw WrongType("an object");
    }

    /// <summary>The JSON text of each element; null reads as empty.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Elements()
    {
        Value();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return [];
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw WrongType("a list");
        }

        var list = new List<ReadOnlyMemory<byte>>();
        for (Read(); reader.TokenType != JsonTokenType.EndArray; Read())
        {
            var start = (int)reader.TokenStartIndex;
            SkipValue();
            list.Add(json[start..(int)reader.BytesConsumed]);
        }

        return list;
    }

    /// <summary>The error for a value of the wrong kind under the present key.</summary>
    public readonly CniException WrongType(string expected) => Wrong($"{what}: \"{Key}\" must be {expected}");

    /// <summary>The elements of a text that is a JSON array by itself.</summary>
    /// <exception cref="CniException">Code 6.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> ElementsOf(ReadOnlyMemory<byte> json, string what)
    {
        var reader = new JsonObjectReader(json, what) { Key = what };
        return reader.Elements();
    }

    /// <summary>The texts of a JSON array by itself.</summary>
    /// <exception cref="CniException">Code 6.</exception>
    public static IReadOnlyList<string> StringsOf(ReadOnlyMemory<byte> json, string what)
    {
        var reader = new JsonObjectReader(json, what) { Key = what };
        return reader.Strings();
    }

    private readonly CniException Wrong(string message) =>
        new(CniErrorCode.DecodingFailure, message, $"at byte {reader.TokenStartIndex}");

    private void Value()
    {
        pending = false;
        Read();
    }

    private void Skip()
    {
        Value();
        SkipValue();
    }

    private void SkipValue()
    {
        try
        {
            reader.Skip();
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }
    }

    private void Read()
    {
        if (!TryRead())
        {
            throw Wrong($"{what} ends early");
        }
    }

    private bool TryRead()
    {
        try
        {
            return reader.Read();
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }
    }

    private readonly string Text()
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong($"{what} has text that is not UTF-8");
        }
    }

    private readonly CniException Malformed(JsonException e) =>
        new(CniErrorCode.DecodingFailure, $"{what} is not JSON", $"line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1} of it");
}
