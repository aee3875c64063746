using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Podwire.Daemon;

namespace Podwire.Daemon.Tests;

public class SdNotifyTests
{
    [Fact]
    public void Ready_ReachesTheSocket()
    {
        var path = Path.Combine(Path.GetTempPath(), $"notify-{Guid.NewGuid():N}");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", path);
            SdNotify.Ready("serving\n3 nodes");
            var bytes = new byte[256];
            Assert.Equal("READY=1\nSTATUS=serving 3 nodes", Encoding.UTF8.GetString(bytes, 0, socket.Receive(bytes)));
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
            File.Delete(path);
        }
    }

    [Fact]
    public void Watchdog_ThatNobodyReads_DoesNotBlock()
    {
        var path = Path.Combine(Path.GetTempPath(), $"notify-{Guid.NewGuid():N}");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", path);
            // A socket holds net.unix.max_dgram_qlen (10 to 512) datagrams.
            for (var i = 0; i < 2000; i++)
            {
                SdNotify.Watchdog();
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(true, "<4>ProxyLoop: two | lines: boom\n")]
    [InlineData(false, "00:00:00.000 W ProxyLoop: two | lines: boom\n")]
    public void Log_IsOneLine(bool journal, string expected)
    {
        var output = new StringWriter { NewLine = "\n" };
        using var loggers = DaemonLogging.Create(0, output, journal, new StoppedClock());
        var logger = loggers.CreateLogger("Podwire.Proxy.ProxyLoop");
        logger.LogWarning(new InvalidOperationException("boom"), "two\nlines");
        logger.LogDebug("not shown");
        Assert.Equal(expected, output.ToString());
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }
}
