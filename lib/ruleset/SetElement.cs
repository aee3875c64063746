namespace Podwire.Ruleset;

/// <summary>An element of a set or a map.</summary>
public sealed record SetElement
{
    // Few elements have these, and there are hundreds of thousands of elements.
    private Rare? rare;

    /// <summary>The key, or the first key of a range.</summary>
    public required NftData Key { get; init; }

    /// <summary>The last key of a range, itself included; none for a single key.</summary>
    public NftData KeyEnd { get; init; }

    /// <summary>The value in a data map.</summary>
    public NftData Data { get; init; }

    /// <summary>The verdict in a verdict map.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>A remark of at most 127 bytes.</summary>
    public string? Comment
    {
        get;
        init => field = NftComment.Check(value);
    }

    /// <summary>How long the element lives, instead of the set's default; whole milliseconds.</summary>
    public TimeSpan? Timeout
    {
        get => rare?.Timeout;
        init => rare = value is null && rare is null ? null : new Rare(value, rare?.Counter);
    }

    /// <summary>What was counted when the element was read back. Not part of equality.</summary>
    public ElementCounter? Counter
    {
        get => rare?.Counter;
        init => rare = value is null && rare is null ? null : new Rare(rare?.Timeout, value);
    }

    /// <summary>The canonical order of elements.</summary>
    public static IComparer<SetElement> ByKey { get; } = Comparer<SetElement>.Create(static (a, b) =>
    {
        var byKey = a.Key.CompareTo(b.Key);
        return byKey != 0 ? byKey : a.KeyEnd.CompareTo(b.KeyEnd);
    });

    /// <summary>An element of a set.</summary>
    public static SetElement Of(NftData key, string? comment = null) => new() { Key = key, Comment = comment };

    /// <summary>An element of a data map.</summary>
    public static SetElement Map(NftData key, NftData data, string? comment = null) => new() { Key = key, Data = data, Comment = comment };

    /// <summary>An element of a verdict map.</summary>
    public static SetElement Map(NftData key, Verdict verdict, string? comment = null) => new() { Key = key, Verdict = verdict, Comment = comment };

    /// <summary>All addresses of a prefix, for an interval set.</summary>
    public static SetElement Prefix(Primitives.IpPrefix prefix, Verdict? verdict = null, string? comment = null) => new()
    {
        Key = NftScalar.Address(prefix.First),
        KeyEnd = prefix.IsHost ? default : NftData.Of(NftScalar.Address(prefix.Last)),
        Verdict = verdict,
        Comment = comment,
    };

    /// <summary>True if the two have the same key or range.</summary>
    public bool SameKey(SetElement other) => other is not null && Key == other.Key && KeyEnd == other.KeyEnd;

    /// <summary>All but the counter.</summary>
    public bool Equals(SetElement? other) => other is not null && SameKey(other) && Data == other.Data && Verdict == other.Verdict
        && Comment == other.Comment && Timeout == other.Timeout;

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode();

    private sealed record Rare(TimeSpan? Timeout, ElementCounter? Counter);
}
