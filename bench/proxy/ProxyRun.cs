using System.Diagnostics;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Ruleset;

namespace Podwire.ProxyBench;

/// <summary>podwire-proxy as a process in a network namespace, from its start to its end.</summary>
internal sealed class ProxyRun : IDisposable
{
    private static readonly TableId TableName = new(TableFamily.Ip, "podwire-proxy");
    private readonly Process process;
    private readonly ChildPeak children;

    private ProxyRun(Process process, ChildPeak children, TimeSpan wall, ProcessUse atLoad) => (this.process, this.children, Wall, AtLoad) = (process, children, wall, atLoad);

    /// <summary>The most memory that a program it started was seen with, in MB; 0 if it starts none.</summary>
    public double ChildrenPeak => children.Megabytes;

    /// <summary>From the start of the process to the line that says that the last rule is in the kernel.</summary>
    public TimeSpan Wall { get; }

    /// <summary>What it had used then.</summary>
    public ProcessUse AtLoad { get; }

    /// <summary>What it has used by now.</summary>
    public ProcessUse Use => ProcessUse.Of(process.Id);

    /// <summary>Starts it and waits for the last rule.</summary>
    /// <param name="ns">The namespace's name.</param>
    /// <param name="binary">The executable; null for this program under the JIT.</param>
    /// <param name="api">The API server's address.</param>
    /// <param name="adopts">True if a table is there already.</param>
    /// <param name="iptables">Mode iptables, which waits for nothing between two changes.</param>
    public static ProxyRun Start(string ns, string? binary, string api, bool adopts = false, bool iptables = false)
    {
        string[] program = binary is null ? ["dotnet", Environment.GetCommandLineArgs()[0], "proxy"] : [binary];
        var start = new ProcessStartInfo("ip", ["netns", "exec", ns, .. program, $"--master={api}", "--hostname-override=node1", "--cluster-cidr=10.128.0.0/9", "--healthz-bind-address=127.0.0.1:10256", .. iptables ? (string[])["--proxy-mode=iptables", "--min-sync-period=0s"] : []])
        {
            RedirectStandardError = true,
        };
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        var children = new ChildPeak(process.Id);
        // The family ip6 is the second and last.
        var expected = iptables ? "ip6tables compared" : adopts ? "table ip6 podwire-proxy read back" : "table ip6 podwire-proxy loaded";
        while (process.StandardError.ReadLine() is { } line)
        {
            if (line.Contains(expected, StringComparison.Ordinal))
            {
                var wall = Stopwatch.GetElapsedTime(began);
                var use = ProcessUse.Of(process.Id);
                _ = process.StandardError.ReadToEndAsync();
                return new(process, children, wall, use);
            }

            Console.Error.WriteLine(line);
        }

        throw new InvalidOperationException("the proxy ended before its rules were in the kernel");
    }

    /// <summary>The IPv4 table in the kernel.</summary>
    public static Table ReadTable(NetNamespace ns) => ns.Run(() =>
    {
        using var socket = NftSocket.Open();
        return socket.ReadTable(TableName) ?? throw new InvalidOperationException("the proxy made no table");
    });

    /// <summary>Fails unless the kernel has so many endpoints.</summary>
    public static Table Check(NetNamespace ns, int endpoints)
    {
        var table = ReadTable(ns);
        var found = table.FindSet("service-endpoints")!.Elements.Count;
        return found == endpoints ? table : throw new InvalidOperationException($"{found} endpoints are in the kernel, not {endpoints}");
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public void Dispose()
    {
        children.Dispose();
        Shell.Run(null, $"kill -TERM {process.Id}");
        process.WaitForExit();
        process.Dispose();
    }
}
