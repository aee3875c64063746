using System.Runtime.InteropServices;

namespace Podwire.Kubelet.Interop;

/// <summary>
/// Credentials of the calling thread alone. The C library's setresuid changes every thread of the process (nptl(7)), the
/// system call only its caller; a child that this thread spawns inherits them.
/// </summary>
internal static partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d);

    internal static void SetThreadCredentials(uint? user, uint? group, ReadOnlySpan<uint> groups)
    {
        // asm/unistd_64.h, asm-generic/unistd.h
        var (setgroups, setresuid, setresgid) = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (116, 117, 119),
            Architecture.Arm64 => (159, 147, 149),
            var other => throw new PlatformNotSupportedException($"no system call numbers for {other}"),
        };
        unsafe
        {
            fixed (uint* list = groups)
            {
                CheckCall(syscall(setgroups, groups.Length, (nint)list, 0, 0), "setgroups");
            }
        }

        if (group is { } gid)
        {
            CheckCall(syscall(setresgid, (nint)gid, (nint)gid, (nint)gid, 0), "setresgid");
        }

        if (user is { } uid)
        {
            CheckCall(syscall(setresuid, (nint)uid, (nint)uid, (nint)uid, 0), "setresuid");
        }
    }

    private static void CheckCall(nint result, string name)
    {
        if (result < 0)
        {
            throw Failure(name);
        }
    }
}
