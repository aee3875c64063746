namespace Podwire.Ruleset;

/// <summary>A whole table: the desired state of one, or one as it was read from the kernel. Equal when every part is, whatever the order they were given in.</summary>
public sealed record Table
{
    private static readonly IComparer<Chain> ChainsByName = Comparer<Chain>.Create(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
    private static readonly IComparer<SetObject> SetsByName = Comparer<SetObject>.Create(static (a, b) => string.CompareOrdinal(a.Name, b.Name));

    /// <summary>Family and name.</summary>
    public required TableId Id { get; init; }

    /// <summary>A remark of at most 127 bytes.</summary>
    public string? Comment
    {
        get;
        init => field = NftComment.Check(value);
    }

    /// <summary>The chains, kept sorted by name.</summary>
    public ValueList<Chain> Chains
    {
        get;
        init => field = Distinct(value.Sorted(ChainsByName), static c => c.Name);
    }

    /// <summary>The named sets and maps, kept sorted by name.</summary>
    public ValueList<SetObject> Sets
    {
        get;
        init => field = Distinct(value.Sorted(SetsByName), static s => s.Name);
    }

    /// <summary>The chain of this name, or null.</summary>
    public Chain? FindChain(string name) => Find(Chains, name, static c => c.Name);

    /// <summary>The set or map of this name, or null.</summary>
    public SetObject? FindSet(string name) => Find(Sets, name, static s => s.Name);

    private static T? Find<T>(ValueList<T> sorted, string name, Func<T, string> nameOf)
        where T : class, IEquatable<T>
    {
        int low = 0, high = sorted.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(nameOf(sorted[middle]), name);
            if (order == 0)
            {
                return sorted[middle];
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return null;
    }

    private static ValueList<T> Distinct<T>(ValueList<T> sorted, Func<T, string> nameOf)
        where T : IEquatable<T>
    {
        for (var i = 1; i < sorted.Count; i++)
        {
            if (nameOf(sorted[i - 1]) == nameOf(sorted[i]))
            {
                throw new ArgumentException($"two objects are named '{nameOf(sorted[i])}'");
            }
        }

        return sorted;
    }
}
