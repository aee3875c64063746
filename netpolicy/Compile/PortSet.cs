using System.Numerics;

namespace Podwire.NetPolicy.Compile;

/// <summary>A set of port classes (numbered from 0), as bits. Immutable but for <see cref="Add"/> while it is being made.</summary>
internal sealed class PortSet : IEquatable<PortSet>
{
    private readonly ulong[] words;

    /// <summary>An empty set among <paramref name="count"/> port classes.</summary>
    public PortSet(int count) : this(new ulong[(count + 63) >> 6], count)
    {
    }

    private PortSet(ulong[] words, int count) => (this.words, Count) = (words, count);

    /// <summary>How many port classes there are.</summary>
    public int Count { get; }

    /// <summary>True if none is in it.</summary>
    public bool IsEmpty => !words.AsSpan().ContainsAnyExcept(0UL);

    /// <summary>True if all are in it.</summary>
    public bool IsAll
    {
        get
        {
            var members = 0;
            foreach (var word in words)
            {
                members += BitOperations.PopCount(word);
            }

            return members == Count;
        }
    }

    /// <summary>True if that one is in it.</summary>
    public bool this[int index] => (words[index >> 6] >> (index & 63) & 1) != 0;

    /// <summary>All of <paramref name="count"/>.</summary>
    public static PortSet All(int count)
    {
        var set = new PortSet(count);
        for (var i = 0; i < count; i++)
        {
            set.Add(i);
        }

        return set;
    }

    /// <summary>Puts one in; only while nobody else has the set.</summary>
    public void Add(int index) => words[index >> 6] |= 1UL << (index & 63);

    /// <summary>What is in either.</summary>
    public PortSet Or(PortSet other) => Combine(other, static (a, b) => a | b);

    /// <summary>What is in both.</summary>
    public PortSet And(PortSet other) => Combine(other, static (a, b) => a & b);

    /// <summary>What is in this one only.</summary>
    public PortSet Without(PortSet other) => Combine(other, static (a, b) => a & ~b);

    /// <inheritdoc/>
    public bool Equals(PortSet? other) => other is not null && (ReferenceEquals(this, other) || (Count == other.Count && words.AsSpan().SequenceEqual(other.words)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PortSet);

    /// <inheritdoc/>
    public override int GetHashCode() => words.Length == 0 ? 0 : words[0].GetHashCode();

    private PortSet Combine(PortSet other, Func<ulong, ulong, ulong> combine)
    {
        var result = new ulong[words.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = combine(words[i], other.words[i]);
        }

        return new(result, Count);
    }
}
