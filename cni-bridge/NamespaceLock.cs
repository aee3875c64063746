namespace Podwire.CniBridge;

/// <summary>One plugin at a time in a container's namespace: flock(2) on its file, as the reference takes it.</summary>
internal static class NamespaceLock
{
    private const int Attempts = 1000;

    /// <summary>Takes the lock; disposing gives it back. After ten seconds without it the work goes on: a lock must not outlive its use.</summary>
    internal static IDisposable? Take(string path)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            try
            {
                // FileShare.None is an exclusive flock (and refuses nothing else on Linux).
                return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                Thread.Sleep(10);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                return null;
            }
        }

        return null;
    }
}
