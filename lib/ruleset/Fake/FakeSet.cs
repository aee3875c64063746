using System.Collections.Immutable;
using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>One set or map of <see cref="FakeTable"/>, immutable.</summary>
internal sealed class FakeSet
{
    private readonly ImmutableSortedDictionary<NftData, SetElement> elements;

    public FakeSet(SetObject declaration)
        : this(declaration with { Elements = [] }, ImmutableSortedDictionary<NftData, SetElement>.Empty, ImmutableDictionary<string, int>.Empty)
    {
    }

    private FakeSet(SetObject declaration, ImmutableSortedDictionary<NftData, SetElement> elements, ImmutableDictionary<string, int> chainUses)
    {
        Declaration = declaration;
        this.elements = elements;
        ChainUses = chainUses;
    }

    public SetObject Declaration { get; }

    /// <summary>How many elements go to each chain.</summary>
    public ImmutableDictionary<string, int> ChainUses { get; }

    public SetObject ToSet() => Declaration with { Elements = ValueList.From(elements.Values) };

    public FakeSet Clear() => new(Declaration);

    public FakeSet Add(ReadOnlySpan<SetElement> added, NftOperation operation)
    {
        var next = elements.ToBuilder();
        var uses = ChainUses.ToBuilder();
        foreach (var element in added)
        {
            CheckShape(element, operation);
            if (next.TryGetValue(element.Key, out var old))
            {
                // Adding what is there already is no error; another value, or another range from the same key, is.
                if (old.SameKey(element) && old.Data == element.Data && old.Verdict == element.Verdict)
                {
                    continue;
                }

                throw new NftException(Errno.EEXIST, operation, $"element {element.Key}");
            }

            if (Declaration.IsInterval && Overlaps(next, element))
            {
                throw new NftException(Errno.EEXIST, operation, $"element {element.Key} overlaps another");
            }

            if (Declaration.Size != 0 && next.Count >= Declaration.Size)
            {
                throw new NftException(Errno.ENFILE, operation);
            }

            next.Add(element.Key, element);
            if (element.Verdict?.Chain is { } chain)
            {
                uses[chain] = uses.GetValueOrDefault(chain) + 1;
            }
        }

        return new FakeSet(Declaration, next.ToImmutable(), uses.ToImmutable());
    }

    public FakeSet Remove(ReadOnlySpan<SetElement> removed, NftOperation operation)
    {
        var next = elements.ToBuilder();
        var uses = ChainUses.ToBuilder();
        foreach (var element in removed)
        {
            if (!next.TryGetValue(element.Key, out var old) || !old.SameKey(element))
            {
                throw new NftException(Errno.ENOENT, operation, $"element {element.Key}");
            }

            next.Remove(element.Key);
            if (old.Verdict?.Chain is { } chain && --uses[chain] == 0)
            {
                uses.Remove(chain);
            }
        }

        return new FakeSet(Declaration, next.ToImmutable(), uses.ToImmutable());
    }

    private void CheckShape(SetElement element, NftOperation operation)
    {
        var fits = element.Key.Length == Declaration.KeyLength
            && (element.KeyEnd.IsNone || (Declaration.IsInterval && element.KeyEnd.Length == Declaration.KeyLength && element.KeyEnd >= element.Key))
            && (element.Timeout is null || (Declaration.Flags & SetFlags.Timeout) != 0)
            && Declaration switch
            {
                NftMap { IsVerdictMap: true } => element.Verdict is not null && element.Data.IsNone,
                NftMap map => element.Verdict is null && element.Data.Length == map.DataLength,
                _ => element.Verdict is null && element.Data.IsNone,
            };
        if (!fits)
        {
            throw new NftException(Errno.EINVAL, operation, $"element {element.Key} does not fit the declaration");
        }
    }

    // In a concatenation ranges overlap if they do in every field.
    private bool Overlaps(IReadOnlyDictionary<NftData, SetElement> present, SetElement element)
    {
        foreach (var (_, other) in present)
        {
            if (Overlaps(other, element))
            {
                return true;
            }
        }

        return false;
    }

    private bool Overlaps(SetElement a, SetElement b)
    {
        var (aEnd, bEnd) = (a.KeyEnd.IsNone ? a.Key : a.KeyEnd, b.KeyEnd.IsNone ? b.Key : b.KeyEnd);
        var at = 0;
        foreach (var field in Declaration.Key)
        {
            var size = field.Type.Size;
            if (a.Key.Span.Slice(at, size).SequenceCompareTo(bEnd.Span.Slice(at, size)) > 0
                || b.Key.Span.Slice(at, size).SequenceCompareTo(aEnd.Span.Slice(at, size)) > 0)
            {
                return false;
            }

            at += field.Type.PaddedSize;
        }

        return true;
    }
}
