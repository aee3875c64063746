using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.Daemon;

namespace Podwire.Proxy.Config;

/// <summary>An object of a configuration file that is read strictly: what is not asked for by <see cref="Done"/> is refused by name.</summary>
internal sealed class ConfigurationNode(string path, JsonObject node)
{
    private readonly HashSet<string> read = new(StringComparer.Ordinal);

    /// <summary>True if the key stands in the file with a value.</summary>
    public bool Has(string key)
    {
        read.Add(key);
        return node[key] is not null;
    }

    /// <summary>The nested object, or an empty one.</summary>
    public ConfigurationNode Object(string key)
    {
        read.Add(key);
        return node[key] switch
        {
            null => new(Path(key), []),
            JsonObject value => new(Path(key), value),
            _ => throw Wrong(key, "an object"),
        };
    }

    /// <summary>The text, or null.</summary>
    public string? Text(string key) => Value(key, JsonValueKind.String, "a string")?.GetValue<string>();

    /// <summary>True or false, or null.</summary>
    public bool? Flag(string key)
    {
        read.Add(key);
        return node[key] switch
        {
            null => null,
            JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
            _ => throw Wrong(key, "true or false"),
        };
    }

    /// <summary>The whole number, or null.</summary>
    public int? Int(string key, int least, int most)
    {
        if (Value(key, JsonValueKind.Number, "a whole number") is not { } value)
        {
            return null;
        }

        return int.TryParse(value.ToJsonString(), out var number) && number >= least && number <= most ? number : throw Wrong(key, $"a whole number from {least} to {most}");
    }

    /// <summary>The Go duration, or null.</summary>
    public TimeSpan? Duration(string key) => Text(key) is not { } text ? null
        : GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero ? duration : throw Wrong(key, "a duration such as 30s");

    /// <summary>The list of texts, or null.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        read.Add(key);
        return node[key] switch
        {
            null => null,
            JsonArray array => [.. array.Select(item => item is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw Wrong(key, "a list of strings"))],
            _ => throw Wrong(key, "a list of strings"),
        };
    }

    /// <summary>Counts keys as known that are not read, and returns those of them that the file sets.</summary>
    public IReadOnlyList<string> Ignore(params ReadOnlySpan<string> keys)
    {
        var present = new List<string>();
        foreach (var key in keys)
        {
            if (Has(key))
            {
                present.Add(Path(key));
            }
        }

        return present;
    }

    /// <summary>Refuses what was not read.</summary>
    /// <exception cref="ConfigurationException">A key that kube-proxy does not know either.</exception>
    public void Done()
    {
        foreach (var (key, _) in node)
        {
            if (!read.Contains(key))
            {
                throw new ConfigurationException($"unknown key {Path(key)}");
            }
        }
    }

    private JsonValue? Value(string key, JsonValueKind kind, string what)
    {
        read.Add(key);
        return node[key] switch
        {
            null => null,
            JsonValue value when value.GetValueKind() == kind => value,
            _ => throw Wrong(key, what),
        };
    }

    private ConfigurationException Wrong(string key, string what) => new($"{Path(key)} takes {what}, not {node[key]!.ToJsonString()}");

    private string Path(string key) => path.Length == 0 ? key : $"{path}.{key}";
}
