using Podwire.Netlink.Interop;

namespace Podwire.Netlink;

/// <summary>Waits shorter than a millisecond, for what the kernel does in the meantime. Thread.Sleep would not wait at all, but be busy.</summary>
public static class ShortPause
{
    /// <summary>nanosleep(2).</summary>
    public static void Sleep(TimeSpan time) => Libc.Sleep(time);
}
