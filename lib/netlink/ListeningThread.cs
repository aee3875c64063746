namespace Podwire.Netlink;

/// <summary>Listening to the kernel blocks, so whoever listens all the time has a thread of its own, which ends with the process at the latest.</summary>
public static class ListeningThread
{
    /// <summary>Listens on a new thread until <paramref name="listen"/> returns.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="listen">The loop; it looks to its own end.</param>
    /// <param name="source">What is listened to; disposed, on that thread, when the loop ends.</param>
    /// <returns>Completes when the loop has ended, and fails as it did.</returns>
    public static Task RunAsync(string name, Action listen, IDisposable? source = null)
    {
        ArgumentNullException.ThrowIfNull(listen);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            using (source)
            {
                try
                {
                    listen();
                    ended.SetResult();
                }
#pragma warning disable CA1031 // The thread's failure becomes the task's.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    ended.SetException(e);
                }
            }
        })
        { IsBackground = true, Name = name }.Start();
        return ended.Task;
    }
}
