using Podwire.Cni.Interop;

namespace Podwire.Cni;

/// <summary>A lock that only one process of the node has at a time, by flock(2) on a file: it ends with the process, however that ends.</summary>
public static class NodeLock
{
    /// <summary>Waits for the lock. Disposing releases it; the file stays.</summary>
    /// <param name="path">The file, in a folder that exists.</param>
    /// <exception cref="CniException">Code 5.</exception>
    public static IDisposable Take(string path) =>
        SmallFile.OpenLocked(path) ?? throw new CniException(CniErrorCode.IoFailure, $"cannot lock {path}: its folder does not exist");
}
