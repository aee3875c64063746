using System.Globalization;
using System.Text.Json;

namespace Podwire.ApiServer.Tables;

/// <summary>Reads cells out of an object's JSON; what is absent reads as empty or zero.</summary>
internal static class Cell
{
    public const string None = "<none>";
    public const string Unknown = "<unknown>";

    public static JsonElement? At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(step, out element))
            {
                return null;
            }
        }

        return element;
    }

    public static string Text(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.String } found ? found.GetString()! : string.Empty;

    public static long Number(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out var number) ? number : 0;

    public static bool Flag(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path) is { ValueKind: JsonValueKind.True };

    public static IEnumerable<JsonElement> Items(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Array } found ? found.EnumerateArray() : [];

    public static int Count(this JsonElement element, string name) => element.At(name) switch
    {
        { ValueKind: JsonValueKind.Object } map => map.EnumerateObject().Count(),
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength(),
        _ => 0,
    };

    public static string Name(this JsonElement item) => item.Text("metadata", "name");

    public static string Age(this JsonElement item, DateTimeOffset now) => Since(item.Text("metadata", "creationTimestamp"), now);

    /// <summary>How long ago an RFC 3339 time was.</summary>
    public static string Since(string time, DateTimeOffset now) =>
        TryTime(time, out var then) ? HumanDuration.Format(now - then) : Unknown;

    public static bool TryTime(string time, out DateTimeOffset parsed) => DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out parsed);

    public static string OrNone(string text) => text.Length == 0 ? None : text;

    /// <summary>The texts with commas, or &lt;none&gt;.</summary>
    public static string Join(IEnumerable<string> texts) => OrNone(string.Join(',', texts));

    /// <summary>A map as <c>a=b,c=d</c>, sorted, or &lt;none&gt;.</summary>
    public static string Map(JsonElement? map) => map is not { ValueKind: JsonValueKind.Object } found
        ? None
        : Join(found.EnumerateObject().OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => $"{entry.Name}={entry.Value}"));
}
