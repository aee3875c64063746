namespace Podwire.CniBridge;

/// <summary>
/// What an ADD has done so far, undone in the reverse order unless it is committed. An undo that fails does not stop the others; what is
/// left then is found again by DEL, which needs no record.
/// </summary>
internal sealed class UndoJournal : IDisposable
{
    private readonly Stack<Action> steps = new();
    private readonly List<IDisposable> held = [];

    /// <summary>Notes how to undo a step that was done.</summary>
    internal void Push(Action undo) => steps.Push(undo);

    /// <summary>Keeps a resource until the undoing is over, or no longer needed.</summary>
    internal T Hold<T>(T resource)
        where T : IDisposable
    {
        held.Add(resource);
        return resource;
    }

    /// <summary>Keeps everything.</summary>
    internal void Commit() => steps.Clear();

    /// <summary>Undoes what was not committed.</summary>
    public void Dispose()
    {
        while (steps.TryPop(out var undo))
        {
            try
            {
                undo();
            }
#pragma warning disable CA1031 // The failure that caused the undoing is the one to tell; this one must not hide it.
            catch (Exception)
#pragma warning restore CA1031
            {
                continue;
            }
        }

        foreach (var resource in held)
        {
            resource.Dispose();
        }
    }
}
