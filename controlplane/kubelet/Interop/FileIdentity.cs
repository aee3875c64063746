using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Podwire.Kubelet.Interop;

/// <summary>Tells whether two descriptors are one file: device and inode, from /proc/self/fdinfo (proc(5)).</summary>
/// <param name="Mount">The mount's id.</param>
/// <param name="Inode">The inode.</param>
internal readonly record struct FileIdentity(string Mount, string Inode)
{
    /// <summary>The identity of an open file.</summary>
    public static FileIdentity Of(SafeFileHandle file)
    {
        string mount = "", inode = "";
        foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{file.DangerousGetHandle()}")))
        {
            var (name, value) = line.Split(':', 2) is [var first, var second] ? (first, second.Trim()) : ("", "");
            mount = name == "mnt_id" ? value : mount;
            inode = name == "ino" ? value : inode;
        }

        return new(mount, inode);
    }
}
