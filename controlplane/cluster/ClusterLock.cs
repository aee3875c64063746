namespace Podwire.Cluster;

/// <summary>One <c>up</c> or <c>down</c> at a time: an advisory lock on out/cluster/lock that ends with the process.</summary>
internal sealed class ClusterLock : IDisposable
{
    private readonly FileStream file;

    private ClusterLock(FileStream file) => this.file = file;

    /// <summary>Takes the lock.</summary>
    /// <exception cref="ClusterException">Another command holds it.</exception>
    public static ClusterLock Take(ClusterPaths paths)
    {
        Directory.CreateDirectory(paths.Cluster);
        try
        {
            return new(new FileStream(Path.Combine(paths.Cluster, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            throw new ClusterException("another 'podwire up' or 'podwire down' is at work on this cluster; wait for it");
        }
    }

    public void Dispose() => file.Dispose();
}
