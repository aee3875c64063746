using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_INO = 0x100;

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial int statx(Descriptor directory, byte* path, int flags, uint mask, byte* buffer);

    /// <summary>
    /// statx(2) of an open file: device and inode, which together name it. Unlike fstat's, its structure is the same on every
    /// architecture (linux/stat.h: stx_ino at 32, stx_dev_major at 136, stx_dev_minor at 140).
    /// </summary>
    internal static unsafe (ulong Device, ulong Inode) GetIdentity(Descriptor descriptor)
    {
        Span<byte> result = stackalloc byte[256];
        byte empty = 0;
        fixed (byte* buffer = result)
        {
            ThrowIfFailed(statx(descriptor, &empty, AT_EMPTY_PATH, STATX_INO, buffer), "statx");
        }

        var device = ((ulong)MemoryMarshal.Read<uint>(result[136..]) << 32) | MemoryMarshal.Read<uint>(result[140..]);
        return (device, MemoryMarshal.Read<ulong>(result[32..]));
    }
}
