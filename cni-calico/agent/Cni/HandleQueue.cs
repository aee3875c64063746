namespace Podwire.CniCalico.Agent.Cni;

/// <summary>
/// One request about a handle after the other, in the order they came: the DEL of an ADD that was killed comes while the agent still works on that
/// ADD, and must not overtake it.
/// </summary>
internal sealed class HandleQueue
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Task> last = new(StringComparer.Ordinal);

    /// <summary>Runs the work once all that came before it about the same handle has ended, well or not.</summary>
    public async Task<T> RunAsync<T>(string handle, Func<Task<T>> work)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task? before;
        lock (gate)
        {
            last.TryGetValue(handle, out before);
            last[handle] = end.Task;
        }

        try
        {
            if (before is not null)
            {
                await before.ConfigureAwait(false);
            }

            return await work().ConfigureAwait(false);
        }
        finally
        {
            lock (gate)
            {
                if (last[handle] == end.Task)
                {
                    last.Remove(handle);
                }
            }

            end.SetResult();
        }
    }

    /// <summary>Completes once everything that came before has ended.</summary>
    public Task IdleAsync()
    {
        lock (gate)
        {
            return Task.WhenAll(last.Values.ToArray());
        }
    }
}
