using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Podwire.Kube;

/// <summary>
/// Reads YAML the way Kubernetes does: as JSON in other clothes. Anchors, aliases and merge keys (<c>&lt;&lt;</c>) are
/// resolved; a key given twice, an alias that contains itself, and documents that grow beyond
/// <see cref="MaxNodes"/> values or <see cref="MaxDepth"/> levels are refused. JSON is taken as it is.
/// </summary>
public sealed class YamlToJson
{
    /// <summary>Most values a document may have once its aliases are expanded.</summary>
    public const int MaxNodes = 1_000_000;

    /// <summary>Most levels of nesting.</summary>
    public const int MaxDepth = 200;

    private readonly Dictionary<string, JsonNode?> anchors = new(StringComparer.Ordinal);
    private readonly HashSet<string> open = new(StringComparer.Ordinal);
    private readonly Parser parser;
    private int nodes;

    private YamlToJson(string text) => parser = new Parser(new StringReader(text));

    /// <summary>Reads the only document of a text; null if it is empty or says null.</summary>
    /// <exception cref="YamlFormatException">It is malformed, or has several documents.</exception>
    public static JsonNode? Parse(string text)
    {
        JsonNode? first = null;
        var count = 0;
        foreach (var document in ParseAll(text))
        {
            if (count++ > 0)
            {
                throw new YamlFormatException("there is more than one document", 1, 1);
            }

            first = document;
        }

        return first;
    }

    /// <summary>Reads every document of a text; documents without content are left out.</summary>
    /// <exception cref="YamlFormatException">It is malformed.</exception>
    public static IReadOnlyList<JsonNode> ParseAll(string text)
    {
        if (text.AsSpan().TrimStart() is ['{', ..] && StrictJson.TryParse(text) is { } json)
        {
            return [json];
        }

        var documents = new List<JsonNode>();
        var reader = new YamlToJson(text);
        try
        {
            reader.ReadStream(documents);
        }
        catch (YamlException e)
        {
            throw new YamlFormatException(OneLine(e.Message), e.End.Line, e.End.Column, e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet's scanner lets these out where a scalar starts with what no scalar can start with.
            var last = reader.parser.Current?.End ?? Mark.Empty;
            throw new YamlFormatException("not YAML from here on", last.Line, last.Column, e);
        }

        return documents;
    }

    internal static YamlFormatException Fault(string message, Mark at) => new(message, at.Line, at.Column);

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");

    private void ReadStream(List<JsonNode> documents)
    {
        parser.Consume<StreamStart>();
        while (!parser.TryConsume<StreamEnd>(out _))
        {
            parser.Consume<DocumentStart>();
            anchors.Clear();
            nodes = 0;
            if (ReadNode(0) is { } document)
            {
                documents.Add(document);
            }

            parser.Consume<DocumentEnd>();
        }
    }

    private JsonNode? ReadNode(int depth)
    {
        var start = parser.Current!.Start;
        if (depth > MaxDepth)
        {
            throw Fault($"more than {MaxDepth} levels of nesting", start);
        }

        Count(1, start);
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return Expand(alias);
        }

        var anchor = parser.Current is NodeEvent { Anchor.IsEmpty: false } node ? node.Anchor.Value : null;
        if (anchor is not null)
        {
            open.Add(anchor);
        }

        JsonNode? value;
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            value = YamlScalar.Resolve(scalar);
        }
        else if (parser.TryConsume<SequenceStart>(out _))
        {
            value = ReadSequence(depth);
        }
        else
        {
            parser.Consume<MappingStart>();
            value = ReadMapping(depth);
        }

        if (anchor is not null)
        {
            open.Remove(anchor);
            anchors[anchor] = value?.DeepClone();
        }

        return value;
    }

    private JsonArray ReadSequence(int depth)
    {
        var array = new JsonArray();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            array.Add(ReadNode(depth + 1));
        }

        return array;
    }

    private JsonObject ReadMapping(int depth)
    {
        var mapping = new JsonObject();
        List<JsonObject>? merged = null;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var at = parser.Current!.Start;
            if (parser.Current is Scalar { Value: "<<", Style: ScalarStyle.Plain })
            {
                parser.MoveNext();
                (merged ??= []).AddRange(Sources(ReadNode(depth + 1), at));
                continue;
            }

            var key = Key(ReadNode(depth + 1), at);
            if (mapping.ContainsKey(key))
            {
                throw Fault($"key '{key}' is given twice", at);
            }

            mapping.Add(key, ReadNode(depth + 1));
        }

        foreach (var (key, value) in merged?.SelectMany(source => source) ?? [])
        {
            if (!mapping.ContainsKey(key))
            {
                mapping.Add(key, value?.DeepClone());
            }
        }

        return mapping;
    }

    private static IEnumerable<JsonObject> Sources(JsonNode? value, Mark at) => value switch
    {
        JsonObject one => [one],
        JsonArray many when many.All(item => item is JsonObject) => many.Select(item => item!.AsObject()),
        _ => throw Fault("a merge key (<<) needs a mapping or a list of mappings", at),
    };

    private static string Key(JsonNode? key, Mark at) => key switch
    {
        JsonValue value => value.ToString(),
        null => "null",
        _ => throw Fault("a key must be a plain value", at),
    };

    private JsonNode? Expand(AnchorAlias alias)
    {
        var name = alias.Value.Value;
        if (open.Contains(name))
        {
            throw Fault($"alias '{name}' contains itself", alias.Start);
        }

        if (!anchors.TryGetValue(name, out var value))
        {
            throw Fault($"alias '{name}' has no anchor", alias.Start);
        }

        Count(Size(value), alias.Start);
        return value?.DeepClone();
    }

    private void Count(int more, Mark at)
    {
        nodes += more;
        if (nodes > MaxNodes)
        {
            throw Fault($"more than {MaxNodes} values once aliases are expanded", at);
        }
    }

    private static int Size(JsonNode? node) => node switch
    {
        JsonObject mapping => mapping.Sum(pair => 1 + Size(pair.Value)),
        JsonArray array => array.Sum(item => 1 + Size(item)),
        _ => 1,
    };
}
