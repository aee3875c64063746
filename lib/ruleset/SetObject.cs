namespace Podwire.Ruleset;

/// <summary>What sets and maps have in common: a declaration and elements. They share one name space within a table.</summary>
public abstract record SetObject
{
    /// <summary>The name, unique among the table's sets and maps (at most 255 characters).</summary>
    public required string Name { get; init; }

    /// <summary>The fields of the key, one or more.</summary>
    public required ValueList<KeyField> Key { get; init; }

    /// <summary>Interval, timeout, dynamic.</summary>
    public SetFlags Flags { get; init; }

    /// <summary>How long elements live by default; needs <see cref="SetFlags.Timeout"/>. Whole milliseconds.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The largest number of elements, 0 for no limit. The kernel gives a dynamic set 65535 when it is left out; state it.</summary>
    public uint Size { get; init; }

    /// <summary>True if every element counts its packets and bytes.</summary>
    public bool Counters { get; init; }

    /// <summary>A remark of at most 127 bytes.</summary>
    public string? Comment
    {
        get;
        init => field = NftComment.Check(value);
    }

    /// <summary>The elements, kept sorted by key. Of a <see cref="SetFlags.Dynamic"/> set they are the kernel's own business.</summary>
    public ValueList<SetElement> Elements
    {
        get;
        init => field = value.Sorted(SetElement.ByKey);
    }

    /// <summary>The length of a key in bytes: its own for one field, padded ones for a concatenation.</summary>
    public int KeyLength => LengthOf(Key);

    /// <summary>True if keys are ranges over a single field; those are kept by the kernel as start and end marks.</summary>
    public bool IsInterval => (Flags & SetFlags.Interval) != 0;

    /// <summary>True if the two differ in nothing but elements.</summary>
    public abstract bool SameDeclaration(SetObject other);

    private protected bool SameKeyDeclaration(SetObject other) =>
        Name == other.Name && Key == other.Key && Flags == other.Flags && Timeout == other.Timeout && Size == other.Size
        && Counters == other.Counters && Comment == other.Comment;

    private protected static int LengthOf(ValueList<KeyField> fields)
    {
        if (fields.Count == 1)
        {
            return fields[0].Type.Size;
        }

        var length = 0;
        foreach (var field in fields)
        {
            length += field.Type.PaddedSize;
        }

        return length;
    }
}
