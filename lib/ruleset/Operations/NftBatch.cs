namespace Podwire.Ruleset;

/// <summary>
/// Changes that take effect together or not at all, in order. This is the unit of application: a caller that knows what changed writes
/// the operations itself; <see cref="RulesetDiff"/> writes them from two tables.
/// </summary>
public sealed class NftBatch
{
    private readonly List<NftOperation> operations = [];

    /// <summary>The operations in order.</summary>
    public IReadOnlyList<NftOperation> Operations => operations;

    /// <summary>True if there is nothing to do.</summary>
    public bool IsEmpty => operations.Count == 0;

    /// <summary>How many elements are added or deleted, all operations together.</summary>
    public int ElementCount
    {
        get
        {
            var count = 0;
            foreach (var operation in operations)
            {
                count += operation switch { AddElements a => a.Elements.Length, DeleteElements d => d.Elements.Length, _ => 0 };
            }

            return count;
        }
    }

    /// <summary>Appends an operation.</summary>
    public NftBatch Add(NftOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        operations.Add(operation);
        return this;
    }

    /// <summary>Appends all operations of another batch.</summary>
    public NftBatch Add(NftBatch other)
    {
        ArgumentNullException.ThrowIfNull(other);
        operations.AddRange(other.operations);
        return this;
    }

    /// <summary>Appends the addition of elements; none adds nothing.</summary>
    public NftBatch AddElements(TableId table, SetObject set, params ReadOnlySpan<SetElement> elements) =>
        elements.IsEmpty ? this : Add(new AddElements(table, set, elements.ToArray()));

    /// <summary>Appends the deletion of elements; none adds nothing.</summary>
    public NftBatch DeleteElements(TableId table, SetObject set, params ReadOnlySpan<SetElement> elements) =>
        elements.IsEmpty ? this : Add(new DeleteElements(table, set, elements.ToArray()));

    /// <summary>Appends the replacement of one element's value: delete and add of the key, which the kernel takes in one batch.</summary>
    public NftBatch ReplaceElement(TableId table, SetObject set, SetElement element) =>
        DeleteElements(table, set, element).AddElements(table, set, element);

    /// <summary>
    /// The same operations as several batches of at most <paramref name="maxElements"/> elements each, in order. They are no longer
    /// atomic together: for a first load, where each commit holds the kernel's lock for as long as it is big.
    /// </summary>
    public IEnumerable<NftBatch> Split(int maxElements)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxElements, 1);
        return SplitCore(maxElements);
    }

    private IEnumerable<NftBatch> SplitCore(int maxElements)
    {
        var part = new NftBatch();
        var room = maxElements;
        foreach (var operation in operations)
        {
            if (operation is not (Ruleset.AddElements or Ruleset.DeleteElements))
            {
                part.Add(operation);
                continue;
            }

            var rest = operation is AddElements add ? add.Elements : ((DeleteElements)operation).Elements;
            while (!rest.IsEmpty)
            {
                var taken = rest[..Math.Min(room, rest.Length)];
                rest = rest[taken.Length..];
                room -= taken.Length;
                part.Add(operation is AddElements a ? a with { Elements = taken } : (DeleteElements)operation with { Elements = taken });
                if (room == 0)
                {
                    yield return part;
                    part = new NftBatch();
                    room = maxElements;
                }
            }
        }

        if (!part.IsEmpty)
        {
            yield return part;
        }
    }
}
