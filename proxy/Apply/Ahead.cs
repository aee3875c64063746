using System.Collections.Concurrent;

namespace Podwire.Proxy.Apply;

/// <summary>Makes the next item on a thread of its own while the last one is used: compiling goes on while the kernel commits.</summary>
internal static class Ahead
{
    /// <summary>The same items in the same order, one made in advance. What the source throws is thrown here, after the items before it.</summary>
    public static IEnumerable<T> Of<T>(IEnumerable<T> source)
    {
        using var end = new CancellationTokenSource();
        using var made = new BlockingCollection<T>(1);
        var maker = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    foreach (var item in source)
                    {
                        made.Add(item, end.Token);
                    }
                }
                catch (OperationCanceledException) when (end.IsCancellationRequested)
                {
                    // Nobody takes the rest.
                }
                finally
                {
                    made.CompleteAdding();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        try
        {
            foreach (var item in made.GetConsumingEnumerable(CancellationToken.None))
            {
                yield return item;
            }

            maker.GetAwaiter().GetResult();
        }
        finally
        {
            end.Cancel();
            ((IAsyncResult)maker).AsyncWaitHandle.WaitOne();
        }
    }
}
