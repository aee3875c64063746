namespace Podwire.ApiServer.Schema;

/// <summary>An object type: <see cref="Name"/> is short (<c>core.PodSpec</c>), <see cref="FullName"/> as OpenAPI names it.</summary>
internal sealed class SchemaType(string name, bool isAtomic, string text)
{
    private readonly Dictionary<string, SchemaField> byName = new(StringComparer.Ordinal);
    private readonly List<SchemaField> fields = [];

    public string Name { get; } = name;

    public string FullName { get; } = SchemaNames.FullName(name);

    public bool IsAtomic { get; } = isAtomic;

    public string Text { get; } = text;

    public IReadOnlyList<SchemaField> Fields => fields;

    public SchemaField? Find(string field) => byName.GetValueOrDefault(field);

    /// <summary>The field at a path of protobuf field numbers.</summary>
    public SchemaField? Find(ReadOnlySpan<int> numbers)
    {
        foreach (var field in fields)
        {
            if (numbers.SequenceEqual(field.Numbers.AsSpan()))
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>True if a message that JSON inlines stands at a path of field numbers.</summary>
    public bool HasInlined(ReadOnlySpan<int> numbers)
    {
        foreach (var field in fields)
        {
            if (field.Numbers.Length > numbers.Length && field.Numbers.AsSpan(0, numbers.Length).SequenceEqual(numbers))
            {
                return true;
            }
        }

        return false;
    }

    internal void Add(SchemaField field)
    {
        fields.Add(field);
        byName.Add(field.Name, field);
    }
}
