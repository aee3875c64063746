using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Podwire.NetPolicy.State;

/// <summary>The labels of one object, sorted by key, in one array: a cluster has tens of thousands of these, and each has a handful.</summary>
internal sealed class LabelSet : IReadOnlyDictionary<string, string>, IEquatable<LabelSet>
{
    private readonly KeyValuePair<string, string>[] pairs;

    private LabelSet(KeyValuePair<string, string>[] pairs) => this.pairs = pairs;

    /// <summary>No labels.</summary>
    public static LabelSet None { get; } = new([]);

    /// <inheritdoc/>
    public int Count => pairs.Length;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => Array.ConvertAll(pairs, static pair => pair.Key);

    /// <inheritdoc/>
    public IEnumerable<string> Values => Array.ConvertAll(pairs, static pair => pair.Value);

    /// <summary>The pairs, by key.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> Pairs => pairs;

    /// <inheritdoc/>
    public string this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException(key);

    /// <summary>A copy of these labels.</summary>
    public static LabelSet Of(IReadOnlyCollection<KeyValuePair<string, string>> labels)
    {
        if (labels.Count == 0)
        {
            return None;
        }

        var pairs = new KeyValuePair<string, string>[labels.Count];
        var at = 0;
        foreach (var (key, value) in labels)
        {
            // Keys are few and repeat on every object.
            pairs[at++] = new(string.Intern(key), value);
        }

        Array.Sort(pairs, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return new(pairs);
    }

    /// <summary>The same with one label set.</summary>
    public LabelSet With(string key, string value) => TryGetValue(key, out var before) && before == value
        ? this
        : Of([.. Array.FindAll(pairs, pair => pair.Key != key), new(key, value)]);

    /// <inheritdoc/>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        foreach (var pair in pairs)
        {
            if (pair.Key == key)
            {
                value = pair.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(LabelSet? other) => other is not null && (ReferenceEquals(this, other) || pairs.AsSpan().SequenceEqual(other.pairs));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (var pair in pairs)
        {
            hash.Add(pair.Key);
            hash.Add(pair.Value);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)pairs).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Array.ConvertAll(pairs, static pair => $"{pair.Key}={pair.Value}"));
}
