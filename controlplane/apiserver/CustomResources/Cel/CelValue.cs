using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.CustomResources.Cel;

/// <summary>
/// CEL's values as .NET's: long, double, string, bool, null; lists as <see cref="JsonArray"/> or <c>List&lt;object?&gt;</c>; maps as
/// <see cref="JsonObject"/> or <c>Dictionary&lt;string, object?&gt;</c>; addresses and networks as the primitives.
/// </summary>
internal static class CelValue
{
    /// <summary>A scalar's value, or the object or array itself. (Casts: a string converts to a node by itself.)</summary>
    public static object? Of(JsonNode? node)
    {
        if (node is null or JsonObject or JsonArray)
        {
            return node;
        }

        return node.GetValueKind() switch
        {
            JsonValueKind.String => (object?)node.AsText(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => node.AsNumber() is { } whole ? (object)whole : node.GetValue<double>(),
        };
    }

    public static int? Count(object? value) => value switch
    {
        JsonArray list => list.Count,
        List<object?> list => list.Count,
        JsonObject map => map.Count,
        Dictionary<string, object?> map => map.Count,
        _ => null,
    };

    /// <summary>A list's items, or a map's keys: what the macros walk over.</summary>
    public static IEnumerable<object?> Items(object? value) => value switch
    {
        JsonArray list => list.Select(Of),
        List<object?> list => list,
        JsonObject map => map.Select(entry => (object?)entry.Key),
        Dictionary<string, object?> map => map.Keys,
        _ => throw new CelException("not a list or map"),
    };

    public static bool IsList(object? value) => value is JsonArray or List<object?>;

    public static bool TryField(object? value, string name, out object? field)
    {
        switch (value)
        {
            case JsonObject map when map.TryGetPropertyValue(name, out var node):
                field = Of(node);
                return true;
            case Dictionary<string, object?> map when map.TryGetValue(name, out field):
                return true;
            case JsonObject or Dictionary<string, object?>:
                field = null;
                return false;
            default:
                throw new CelException($"no such field: {name}");
        }
    }

    public static new bool Equals(object? left, object? right)
    {
        if (left is null || right is null)
        {
            return left is null && right is null;
        }

        if (IsNumber(left) && IsNumber(right))
        {
            return Compare(left, right) == 0;
        }

        if (IsList(left) && IsList(right))
        {
            return Count(left) == Count(right) && Items(left).Zip(Items(right)).All(pair => Equals(pair.First, pair.Second));
        }

        if (Count(left) is { } count && Count(right) == count && !IsList(left) && !IsList(right))
        {
            return Items(left).All(key => TryField(right, (string)key!, out var other) && TryField(left, (string)key!, out var own) && Equals(own, other));
        }

        return left.Equals(right);
    }

    /// <exception cref="CelException">The two have no order.</exception>
    public static int Compare(object? left, object? right) => (left, right) switch
    {
        (long a, long b) => a.CompareTo(b),
        (long a, double b) => ((double)a).CompareTo(b),
        (double a, long b) => a.CompareTo(b),
        (double a, double b) => a.CompareTo(b),
        (string a, string b) => string.CompareOrdinal(a, b),
        (bool a, bool b) => a.CompareTo(b),
        _ => throw new CelException($"no order between {Describe(left)} and {Describe(right)}"),
    };

    public static bool IsNumber(object? value) => value is long or double;

    public static string Text(object? value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new CelException($"{Describe(value)} has no text form"),
    };

    public static string Describe(object? value) => value switch
    {
        null => "null",
        long => "an int",
        double => "a double",
        string => "a string",
        bool => "a bool",
        _ when IsList(value) => "a list",
        _ => "a map",
    };
}
