namespace Podwire.Ruleset;

/// <summary>Makes <see cref="ValueList{T}"/>s.</summary>
public static class ValueList
{
    /// <summary>A list of these items, copied.</summary>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items)
        where T : IEquatable<T> => new(items.ToArray());

    /// <summary>A list of these items, copied.</summary>
    public static ValueList<T> From<T>(IEnumerable<T> items)
        where T : IEquatable<T> => new([.. items]);

    /// <summary>A list over an array that the caller gives away: it must not be written to any more.</summary>
    public static ValueList<T> Adopt<T>(T[] items)
        where T : IEquatable<T> => new(items);
}
