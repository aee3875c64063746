namespace Podwire.Cni.Interop;

/// <summary>What statx(2) tells of a file; symbolic links are followed.</summary>
internal readonly struct FileStat
{
    private const uint STATX_BASIC_STATS = 0x7ff;
    private const int S_IFMT = 0xF000;
    private const int S_IFREG = 0x8000;

    private readonly Statx stat;

    private FileStat(Statx stat) => this.stat = stat;

    internal bool IsRegularFile => (stat.Mode & S_IFMT) == S_IFREG;

    internal long Size => (long)stat.Size;

    internal Timespec Modified => new(stat.ModifiedSeconds, stat.ModifiedNanoseconds);

    internal bool IsSameFile(in FileStat other) => stat.Inode == other.stat.Inode && IsSameDevice(other);

    internal bool IsSameDevice(in FileStat other) => stat.DeviceMajor == other.stat.DeviceMajor && stat.DeviceMinor == other.stat.DeviceMinor;

    /// <summary>False whatever the reason: for the callers here a file that cannot be looked at is one that is not there.</summary>
    internal static unsafe bool TryGet(string path, out FileStat stat)
    {
        Statx raw;
        var ok = Libc.Statx(Libc.AT_FDCWD, path, 0, STATX_BASIC_STATS, &raw) == 0;
        stat = ok ? new(raw) : default;
        return ok;
    }
}
