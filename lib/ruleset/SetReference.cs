namespace Podwire.Ruleset;

/// <summary>A named set or map of the same table, or one that is written out in the rule.</summary>
public sealed record SetReference
{
    private SetReference(string? name, SetObject? inline)
    {
        Name = name;
        Inline = inline;
    }

    /// <summary>The name, null for one in the rule.</summary>
    public string? Name { get; }

    /// <summary>The set or map in the rule (in the kernel: anonymous, constant), null for a named one. Its name is empty.</summary>
    public SetObject? Inline { get; }

    /// <summary><c>@name</c>.</summary>
    public static SetReference Named(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new(name, null);
    }

    /// <summary><c>{ a, b, c }</c>.</summary>
    public static SetReference Set(KeyField key, params ReadOnlySpan<NftScalar> values)
    {
        var elements = new SetElement[values.Length];
        for (var i = 0; i < elements.Length; i++)
        {
            elements[i] = SetElement.Of(values[i]);
        }

        return Anonymous(new NftSet { Name = string.Empty, Key = [key], Elements = ValueList.Adopt(elements) });
    }

    /// <summary><c>{ key : verdict, ... }</c>.</summary>
    public static SetReference Verdicts(KeyField key, params ReadOnlySpan<(NftScalar Key, Verdict Verdict)> entries)
    {
        var elements = new SetElement[entries.Length];
        for (var i = 0; i < elements.Length; i++)
        {
            elements[i] = SetElement.Map(entries[i].Key, entries[i].Verdict);
        }

        return Anonymous(new NftMap { Name = string.Empty, Key = [key], Elements = ValueList.Adopt(elements) });
    }

    /// <summary>Any set or map written out in the rule. Name, size and comment are dropped: the kernel keeps none for it.</summary>
    public static SetReference Anonymous(SetObject definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var flags = definition.Flags & SetFlags.Interval;
        return new(null, definition with { Name = string.Empty, Flags = flags | SetFlags.Anonymous | SetFlags.Constant, Size = 0, Comment = null });
    }

    /// <summary>A name is a reference.</summary>
    public static implicit operator SetReference(string name) => Named(name);
}
