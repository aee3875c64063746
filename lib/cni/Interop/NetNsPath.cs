namespace Podwire.Cni.Interop;

/// <summary>Looks at CNI_NETNS without entering it.</summary>
internal static class NetNsPath
{
    private const string Own = "/proc/self/ns/net";

    internal static NetNsState Look(string path)
    {
        if (path.Length == 0 || !FileStat.TryGet(path, out var theirs))
        {
            return NetNsState.Missing;
        }

        if (!FileStat.TryGet(Own, out var ours))
        {
            throw new CniException(CniErrorCode.IoFailure, "cannot look at the plugin's own network namespace", Own);
        }

        if (theirs.IsSameFile(ours))
        {
            return NetNsState.Own;
        }

        // Every namespace file is an inode of the one nsfs; only those are opened, since opening a FIFO or a device may have effects.
        if (!theirs.IsSameDevice(ours))
        {
            return NetNsState.NotANamespace;
        }

        using var file = Libc.Open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        return !file.IsInvalid && Libc.Ioctl(file, Libc.NS_GET_NSTYPE, 0) == Libc.CLONE_NEWNET ? NetNsState.Usable : NetNsState.NotANamespace;
    }
}
