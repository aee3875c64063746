using System.Globalization;
using Podwire.Cni.Interop;

namespace Podwire.Cni.Ipam;

/// <summary>Which boot of the machine this is, and when it began: containers do not outlive it, their leases on disk do.</summary>
internal static class BootTime
{
    /// <summary>The kernel's name for this boot.</summary>
    internal static string ReadId()
    {
        var id = SmallFile.Read("/proc/sys/kernel/random/boot_id")?.Trim();
        return CniNames.IsIdentifier(id) ? id! : "unknown";
    }

    /// <summary>When it began by the present clock, or up to a second before. On a machine without a clock of its own this is wrong until the time is set, so the ID decides where it can.</summary>
    internal static DateTimeOffset ReadBegan()
    {
        var uptime = SmallFile.Read("/proc/uptime")?.Split('.')[0];
        return long.TryParse(uptime, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.UtcNow.AddSeconds(-seconds - 1)
            : DateTimeOffset.UnixEpoch;
    }
}
