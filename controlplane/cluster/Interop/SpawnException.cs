using Podwire.Primitives;

namespace Podwire.Cluster.Interop;

/// <summary>A program that could not be started, with posix_spawn's error number.</summary>
internal sealed class SpawnException(string program, Errno errno) : ClusterException($"cannot start {program}: {errno.Describe()}")
{
    /// <summary>ENOENT when there is no such program.</summary>
    public Errno Errno { get; } = errno;
}
