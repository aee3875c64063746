using System.Net.Sockets;

namespace Podwire.Daemon;

/// <summary>
/// Tells systemd how the service fares, by datagrams to the socket in NOTIFY_SOCKET (sd_notify(3)).
/// Without that variable every call does nothing, so daemons call it unconditionally.
/// </summary>
public static class SdNotify
{
    /// <summary>How often systemd wants to hear from the service (WATCHDOG_USEC); null when no watchdog is set for this process.</summary>
    public static TimeSpan? WatchdogInterval
    {
        get
        {
            var pid = Environment.GetEnvironmentVariable("WATCHDOG_PID");
            return long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), out var microseconds) && microseconds > 0
                && (string.IsNullOrEmpty(pid) || pid == Environment.ProcessId.ToString())
                ? TimeSpan.FromMicroseconds(microseconds)
                : null;
        }
    }

    /// <summary>Start-up is over; <paramref name="status"/> is the line that <c>systemctl status</c> shows.</summary>
    public static void Ready(string? status = null) => Send(status is null ? "READY=1" : $"READY=1\nSTATUS={OneLine(status)}");

    /// <summary>The line that <c>systemctl status</c> shows.</summary>
    public static void Status(string status) => Send($"STATUS={OneLine(status)}");

    /// <summary>The service is ending.</summary>
    public static void Stopping() => Send("STOPPING=1");

    /// <summary>The service is alive; call it at less than <see cref="WatchdogInterval"/>, from the loop whose death should be noticed.</summary>
    public static void Watchdog() => Send("WATCHDOG=1");

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static void Send(string state)
    {
        var path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path) || path[0] is not ('/' or '@'))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
            // '@' stands for the zero byte of an abstract address (unix(7)).
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
            socket.Send(System.Text.Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException)
        {
            // systemd went away or its socket is full: a daemon does not end for that, and systemd's own time-out tells.
        }
    }
}
