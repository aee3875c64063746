namespace Podwire.ApiServer.Schema;

/// <summary>
/// The types of every object that is served, read from Schema/Tables/*.schema in this assembly. The one table behind field
/// validation, pruning, strategic merge and the OpenAPI documents.
/// </summary>
internal sealed class ApiSchema
{
    private readonly Dictionary<string, SchemaType> types = new(StringComparer.Ordinal);

    private ApiSchema()
    {
    }

    public static ApiSchema BuiltIn { get; } = Load();

    public IReadOnlyCollection<SchemaType> Types => types.Values;

    public SchemaType this[string name] => types[name];

    public SchemaType? Find(string name) => types.GetValueOrDefault(name);

    /// <summary>Adds the types of one table.</summary>
    /// <exception cref="FormatException">A line is not of the table's form.</exception>
    internal void Read(TextReader table, string source)
    {
        SchemaType? type = null;
        for (var (number, line) = (1, table.ReadLine()); line is not null; number++, line = table.ReadLine())
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var text = string.Empty;
            var dashes = line.IndexOf(" -- ", StringComparison.Ordinal);
            if (dashes >= 0)
            {
                (line, text) = (line[..dashes], line[(dashes + 4)..]);
            }

            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "type" && line[0] != ' ')
            {
                type = new SchemaType(words[1], words.Contains("atomic"), text);
                types.Add(type.Name, type);
            }
            else if (type is null || words.Length < 2)
            {
                throw new FormatException($"{source}:{number}: a field needs a type and a shape");
            }
            else
            {
                type.Add(Field(words, text));
            }
        }
    }

    private static ApiSchema Load()
    {
        var schema = new ApiSchema();
        var assembly = typeof(ApiSchema).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".schema", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            schema.Read(reader, name);
        }

        return schema;
    }

    private static SchemaField Field(string[] words, string text)
    {
        var field = new SchemaField(words[0].TrimEnd('!'), Shape(words[1]), words[0].EndsWith('!')) { Text = text };
        foreach (var word in words.AsSpan(2))
        {
            if (word[0] == '#')
            {
                field = field with { Numbers = [.. word[1..].Split('.').Select(int.Parse)] };
                continue;
            }

            if (word == "zero")
            {
                field = field with { KeepsZero = true };
                continue;
            }

            var parts = word.Split('=', 2);
            var (value, keys) = parts[1].IndexOf(':') is var colon && colon < 0 ? (parts[1], null) : (parts[1][..colon], parts[1][(colon + 1)..]);
            field = parts[0] switch
            {
                "patch" => field with { Merges = value.Split(',').Contains("merge"), RetainsKeys = value.Split(',').Contains("retainKeys"), MergeKey = keys },
                "list" => field with { ListType = value, ListKeys = keys?.Split(',') ?? [] },
                "map" => field with { MapType = value },
                _ => throw new FormatException($"unknown mark {word}"),
            };
        }

        return field;
    }

    private static SchemaShape Shape(string word)
    {
        if (word.StartsWith("[]", StringComparison.Ordinal))
        {
            return new(SchemaKind.List, Element: Shape(word[2..]));
        }

        if (word.StartsWith("{}", StringComparison.Ordinal))
        {
            return new(SchemaKind.Map, Element: Shape(word[2..]));
        }

        if (word.StartsWith("string(", StringComparison.Ordinal))
        {
            return new(SchemaKind.Text, Values: word[7..^1].Split('|'));
        }

        return word switch
        {
            "string" => new(SchemaKind.Text),
            "bytes" => new(SchemaKind.Bytes),
            "bool" => new(SchemaKind.Bool),
            "int32" => new(SchemaKind.Int32),
            "int64" => new(SchemaKind.Int64),
            "double" => new(SchemaKind.Double),
            "quantity" => new(SchemaKind.Quantity),
            "intOrString" => new(SchemaKind.IntOrString),
            "time" => new(SchemaKind.Time),
            "microTime" => new(SchemaKind.MicroTime),
            "any" => new(SchemaKind.Any),
            "json" => new(SchemaKind.Json),
            _ => new(SchemaKind.Object, TypeName: word),
        };
    }
}
