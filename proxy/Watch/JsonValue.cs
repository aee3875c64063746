using System.Text.Json;

namespace Podwire.Proxy.Watch;

/// <summary>
/// Reads JSON in passing: each method takes the value behind a property's name, or the next item of an array, whole. A value of another kind
/// than asked for counts as absent, as null does.
/// </summary>
internal static class JsonValue
{
    /// <summary>Goes to the next property of the object that the reader is in; false at the object's end.</summary>
    public static bool NextProperty(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>Enters the object behind the property's name; false, with the value passed over, if there is none.</summary>
    public static bool EnterObject(ref Utf8JsonReader json) => Enter(ref json, JsonTokenType.StartObject);

    /// <summary>Enters the array behind the property's name; false, with the value passed over, if there is none.</summary>
    public static bool EnterArray(ref Utf8JsonReader json) => Enter(ref json, JsonTokenType.StartArray);

    /// <summary>Goes to the next item of an array of objects and enters it; false at the array's end.</summary>
    public static bool NextObject(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject)
            {
                return true;
            }

            Pass(ref json);
        }

        return false;
    }

    /// <summary>Goes to the next item of an array of strings; false at the array's end.</summary>
    public static bool NextString(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.String)
            {
                return true;
            }

            Pass(ref json);
        }

        return false;
    }

    /// <summary>The text, or null.</summary>
    public static string? Text(ref Utf8JsonReader json) => Enter(ref json, JsonTokenType.String) ? json.GetString() : null;

    /// <summary>The text, out of the pool, or null.</summary>
    public static string? Name(ref Utf8JsonReader json) => Enter(ref json, JsonTokenType.String) ? NamePool.Shared.Read(ref json) : null;

    /// <summary>The whole number, or null.</summary>
    public static int? Number(ref Utf8JsonReader json) => Enter(ref json, JsonTokenType.Number) && json.TryGetInt32(out var number) ? number : null;

    /// <summary>True or false, or null.</summary>
    public static bool? Flag(ref Utf8JsonReader json)
    {
        json.Read();
        var value = json.TokenType switch { JsonTokenType.True => true, JsonTokenType.False => false, _ => (bool?)null };
        Pass(ref json);
        return value;
    }

    /// <summary>The texts of an array.</summary>
    public static List<string> Texts(ref Utf8JsonReader json)
    {
        var texts = new List<string>();
        if (EnterArray(ref json))
        {
            while (NextString(ref json))
            {
                texts.Add(json.GetString()!);
            }
        }

        return texts;
    }

    /// <summary>Passes over the value that the reader stands at, or over the one behind the property's name.</summary>
    /// <remarks>Not Utf8JsonReader.Skip, which refuses while more of the list is still to come, though all of the object is there.</remarks>
    public static void Pass(ref Utf8JsonReader json)
    {
        if (!json.TrySkip())
        {
            throw new JsonException("the object ends before its end");
        }
    }

    private static bool Enter(ref Utf8JsonReader json, JsonTokenType kind)
    {
        if (json.Read() && json.TokenType == kind)
        {
            return true;
        }

        Pass(ref json);
        return false;
    }
}
