using System.Text.Json;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Config;

/// <summary>One object of the file: refuses keys it does not know and values of another kind, by the path of the key.</summary>
internal sealed class ConfigObject
{
    private readonly Dictionary<string, JsonElement> values = new(StringComparer.Ordinal);

    public ConfigObject(JsonElement element, string path, (string Key, string Help)[] keys)
    {
        Path = path;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigException($"{(path.Length == 0 ? "the file" : path)} is to be an object, not {Kind(element)}");
        }

        foreach (var property in element.EnumerateObject())
        {
            if (Array.FindIndex(keys, key => key.Key == property.Name) < 0)
            {
                throw new ConfigException($"unknown key {At(property.Name)}; there are {string.Join(", ", keys.Select(static key => key.Key))}");
            }

            if (!values.TryAdd(property.Name, property.Value))
            {
                throw new ConfigException($"{At(property.Name)} stands there twice");
            }
        }
    }

    public string Path { get; }

    /// <summary>True if the key is there and not null.</summary>
    public bool Has(string key) => values.TryGetValue(key, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>True if the key is there, be it null.</summary>
    public bool Names(string key) => values.ContainsKey(key);

    public string At(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    public string? Text(string key) => Value(key, JsonValueKind.String, "a text")?.GetString();

    public bool Flag(string key, bool otherwise = false) => !Has(key) ? otherwise : values[key].ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, "true or false"),
    };

    public uint Number(string key, uint least, uint most, uint otherwise) => !Has(key) ? otherwise : Number(values[key], At(key), least, most);

    public uint Required(string key, uint least, uint most) => Has(key) ? Number(key, least, most, 0) : throw Missing(key);

    public IpAddress Address(string key) => Text(key) is not { } text ? default : IpAddress.TryParse(text, out var address) ? address : throw Wrong(key, "an IP address");

    public IpAddress RequiredAddress(string key) => Has(key) ? Address(key) : throw Missing(key);

    public IpAddress AddressV4(string key) => Address(key) is var address && (address.IsNone || (address.IsV4 && !address.IsUnspecified)) ? address : throw Wrong(key, "an IPv4 address other than 0.0.0.0");

    public IpPrefix RequiredPrefix(string key) => !Has(key) ? throw Missing(key) : Prefix(values[key], At(key));

    public IReadOnlyList<IpPrefix>? Prefixes(string key) => List(key, Prefix);

    public IReadOnlyList<uint>? Numbers(string key) => List(key, static (element, at) => Number(element, at, 1, uint.MaxValue));

    public IReadOnlyList<uint>? Communities(string key) => List(key, Community);

    public IReadOnlyList<LargeCommunity>? LargeCommunities(string key) => List(key, LargeCommunityOf);

    public IReadOnlyList<string>? Texts(string key) => List(key, static (element, at) => element.ValueKind == JsonValueKind.String ? element.GetString()! : throw new ConfigException($"{at} is to be a text"));

    /// <summary>The elements of an array of objects with their paths.</summary>
    public IEnumerable<ConfigObject> Objects(string key, (string Key, string Help)[] keys) => List(key, (element, at) => new ConfigObject(element, at, keys)) ?? [];

    /// <summary>The values of an object whose keys are names.</summary>
    public IEnumerable<(string Name, JsonElement Value)> Named(string key) => Value(key, JsonValueKind.Object, "an object") is { } named ? named.EnumerateObject().Select(static entry => (entry.Name, entry.Value)) : [];

    public JsonElement Raw(string key) => values[key];

    /// <summary>What is wrong with a value; of a password it says nothing.</summary>
    public ConfigException Wrong(string key, string takes) => new($"{At(key)} takes {takes}, not {(key == "password" ? "what stands there" : Kind(values[key]))}");

    public ConfigException Missing(string key) => new($"{At(key)} is missing");

    private static string Kind(JsonElement element) => element.ValueKind is JsonValueKind.Object ? "an object" : element.ValueKind is JsonValueKind.Array ? "an array" : element.GetRawText();

    private static uint Number(JsonElement element, string at, uint least, uint most) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetUInt32(out var number) && number >= least && number <= most
            ? number
            : throw new ConfigException($"{at} takes a whole number from {least} to {most}, not {Kind(element)}");

    private static IpPrefix Prefix(JsonElement element, string at) =>
        element.ValueKind != JsonValueKind.String || !IpPrefix.TryParse(element.GetString(), out var prefix)
            ? throw new ConfigException($"{at} takes a prefix such as 10.0.0.0/16, not {Kind(element)}")
            : prefix.Masked == prefix ? prefix : throw new ConfigException($"{at}: {prefix} has bits beyond its length; {prefix.Masked} is meant?");

    private static uint Community(JsonElement element, string at)
    {
        var parts = element.ValueKind == JsonValueKind.String ? element.GetString()!.Split(':') : [];
        return parts.Length == 2 && ushort.TryParse(parts[0], out var high) && ushort.TryParse(parts[1], out var low)
            ? ((uint)high << 16) | low
            : throw new ConfigException($"{at} takes a community such as \"64512:100\", not {Kind(element)}");
    }

    private static LargeCommunity LargeCommunityOf(JsonElement element, string at) =>
        element.ValueKind == JsonValueKind.String && LargeCommunity.TryParse(element.GetString(), out var community)
            ? community
            : throw new ConfigException($"{at} takes a large community such as \"64512:100:1\", not {Kind(element)}");

    private List<T>? List<T>(string key, Func<JsonElement, string, T> read) =>
        Value(key, JsonValueKind.Array, "an array") is { } array ? [.. array.EnumerateArray().Select((element, index) => read(element, $"{At(key)}[{index}]"))] : null;

    private JsonElement? Value(string key, JsonValueKind kind, string takes) => !Has(key) ? null : values[key].ValueKind == kind ? values[key] : throw Wrong(key, takes);
}
