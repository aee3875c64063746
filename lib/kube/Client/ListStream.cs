using System.Text.Json;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>
/// Reads a list out of a stream, object by object, for types that are read by hand. Every byte is looked at once: JsonSerializer looks for an object's end
/// before it hands the object to a converter, and lists of a large cluster are a hundred megabytes. Holds one buffer, never the list's text.
/// </summary>
internal sealed class ListStream<T>(JsonItemReader<T> readItem)
    where T : class, IKubeObject
{
    private const int SmallestBuffer = 64 << 10;

    // Full buffers grow up to this much for speed, beyond it only for an object that is longer.
    private const int UsualBuffer = 1 << 20;

    private readonly KubeList<T> list = new();
    private JsonReaderState state;
    private Place place = Place.BeforeList;
    private long longest = 4 << 10;

    private enum Place
    {
        BeforeList,
        InList,
        InItems,
        BehindList,
    }

    /// <summary>The whole list.</summary>
    /// <exception cref="JsonException">It is no list, or ends before its end.</exception>
    public async Task<KubeList<T>> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var buffer = new byte[SmallestBuffer];
        var used = 0;
        while (true)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(used), cancel).ConfigureAwait(false);
            used += count;
            var consumed = Parse(buffer.AsSpan(0, used), isLast: count == 0);
            if (count == 0)
            {
                return place == Place.BehindList ? list : throw new JsonException("the list ends before its end");
            }

            var wasFull = used == buffer.Length;
            used -= consumed;
            var source = buffer;
            if (wasFull && (used == buffer.Length || buffer.Length < UsualBuffer))
            {
                buffer = new byte[checked(buffer.Length * 2)];
            }

            Buffer.BlockCopy(source, consumed, buffer, 0, used);
        }
    }

    /// <summary>Reads what is there whole; returns how many bytes that is.</summary>
    private int Parse(ReadOnlySpan<byte> bytes, bool isLast)
    {
        var json = new Utf8JsonReader(bytes, isLast, state);
        var done = json;
        while (place == Place.InItems ? Item(ref json, bytes.Length) : Field(ref json))
        {
            done = json;
        }

        state = done.CurrentState;
        return (int)done.BytesConsumed;
    }

    /// <summary>The next field of the list; false if not all of it is there, or none is left.</summary>
    private bool Field(ref Utf8JsonReader json)
    {
        if (!json.Read())
        {
            return false;
        }

        switch (json.TokenType)
        {
            case JsonTokenType.StartObject when place == Place.BeforeList:
                place = Place.InList;
                return true;
            case JsonTokenType.EndObject when place == Place.InList:
                place = Place.BehindList;
                return true;
            case JsonTokenType.PropertyName when place == Place.InList:
                return Value(ref json);
            default:
                throw new JsonException("the answer is not a list");
        }
    }

    private bool Value(ref Utf8JsonReader json)
    {
        var isItems = json.ValueTextEquals("items"u8);
        var isMetadata = json.ValueTextEquals("metadata"u8);
        var ahead = json;
        if (!ahead.Read())
        {
            return false;
        }

        if (isItems && ahead.TokenType == JsonTokenType.StartArray)
        {
            json = ahead;
            place = Place.InItems;
            return true;
        }

        if (!ahead.TrySkip())
        {
            return false;
        }

        if (isMetadata)
        {
            json.Read();
            list.Metadata = JsonSerializer.Deserialize(ref json, KubeJson.TypeInfo<ListMeta>()) ?? new();
        }
        else
        {
            json = ahead;
        }

        return true;
    }

    /// <summary>The next item; false if not all of it is there.</summary>
    private bool Item(ref Utf8JsonReader json, int end)
    {
        if (!json.Read())
        {
            return false;
        }

        if (json.TokenType == JsonTokenType.EndArray)
        {
            place = Place.InList;
            return true;
        }

        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("an item of the list is not an object");
        }

        var start = json.TokenStartIndex;
        // With this much at hand it is almost surely whole; if not, what was read of it is forgotten.
        if (end - start > 4 * longest)
        {
            var attempt = json;
            if (TryRead(ref attempt))
            {
                json = attempt;
                longest = Math.Max(longest, json.BytesConsumed - start);
                return true;
            }
        }

        var whole = json;
        if (!whole.TrySkip())
        {
            return false;
        }

        list.Items.Add(Read(ref json));
        longest = Math.Max(longest, json.BytesConsumed - start);
        return true;
    }

    private T Read(ref Utf8JsonReader json)
    {
        try
        {
            return readItem(ref json);
        }
        catch (InvalidOperationException e)
        {
            // Utf8JsonReader's word for text that is no UTF-8.
            throw new JsonException($"an item of the list: {e.Message}", e);
        }
    }

    private bool TryRead(ref Utf8JsonReader json)
    {
        var depth = json.CurrentDepth;
        try
        {
            var item = Read(ref json);
            if (json.TokenType != JsonTokenType.EndObject || json.CurrentDepth != depth)
            {
                return false;
            }

            list.Items.Add(item);
            return true;
        }
        catch (JsonException)
        {
            // Not whole, or not right: the way round tells which.
            return false;
        }
    }
}
