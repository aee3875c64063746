using Podwire.Cni.Interop;

namespace Podwire.Cni;

/// <summary>
/// A lock that only one process of the node has at a time, by flock(2) on a file: it ends with the process, however that ends, and with the programs that it
/// has started. One that is killed leaves its programs at work, and what they do is not to come as a surprise to the next who has the lock.
/// </summary>
public static class NodeLock
{
    /// <summary>Waits for the lock. Disposing releases it; the file stays.</summary>
    /// <param name="path">The file, in a folder that exists.</param>
    /// <exception cref="CniException">Code 5.</exception>
    public static IDisposable Take(string path) =>
        SmallFile.OpenLocked(path, isInherited: true) ?? throw new CniException(CniErrorCode.IoFailure, $"cannot lock {path}: its folder does not exist");

    /// <summary>Waits until nobody has the lock, without leaving a file where there is none.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    public static void Await(string path) => SmallFile.OpenLocked(path, creates: false)?.Dispose();
}
