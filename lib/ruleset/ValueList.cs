using System.Collections;
using System.Runtime.CompilerServices;

namespace Podwire.Ruleset;

/// <summary>
/// An immutable list that is compared item by item, so that records which hold it are equal when their contents are.
/// <c>default</c> is the empty list. Built by a collection expression or by <see cref="ValueList"/>.
/// </summary>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
public readonly struct ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
    where T : IEquatable<T>
{
    private readonly T[]? items;

    internal ValueList(T[] owned) => items = owned;

    /// <summary>The number of items.</summary>
    public int Count => items?.Length ?? 0;

    /// <summary>True if there is no item.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The item at a position.</summary>
    public T this[int index] => (items ?? [])[index];

    /// <summary>The items, without a copy.</summary>
    public ReadOnlySpan<T> AsSpan() => items;

    /// <summary>The items, without a copy, for storing.</summary>
    public ReadOnlyMemory<T> AsMemory() => items;

    /// <summary>The same items in the order of <paramref name="comparer"/>; this list itself where it is in that order already.</summary>
    public ValueList<T> Sorted(IComparer<T> comparer)
    {
        ArgumentNullException.ThrowIfNull(comparer);
        for (var i = 1; i < Count; i++)
        {
            if (comparer.Compare(items![i - 1], items[i]) > 0)
            {
                var copy = (T[])items.Clone();
                Array.Sort(copy, comparer);
                return new(copy);
            }
        }

        return this;
    }

    /// <summary>Item by item, in order.</summary>
    public bool Equals(ValueList<T> other) => ReferenceEquals(items, other.items) || AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueList<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (var item in AsSpan())
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <summary>Item by item, in order.</summary>
    public static bool operator ==(ValueList<T> left, ValueList<T> right) => left.Equals(right);

    /// <summary>Item by item, in order.</summary>
    public static bool operator !=(ValueList<T> left, ValueList<T> right) => !left.Equals(right);

    /// <summary>Walks the items without an allocation.</summary>
    public ReadOnlySpan<T>.Enumerator GetEnumerator() => AsSpan().GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)(items ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)(items ?? [])).GetEnumerator();

    /// <summary>The items, separated by commas.</summary>
    public override string ToString() => $"[{string.Join(", ", items ?? [])}]";
}
