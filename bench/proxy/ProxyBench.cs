using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset;

namespace Podwire.ProxyBench;

/// <summary>
/// Starts podwire-proxy in a namespace of its own with nothing there, waits for the last rule, exchanges endpoints one at a time, restarts it
/// over the table that it left; then lets nft do the same with the same rules in a second namespace.
/// </summary>
internal sealed class ProxyBench(int services, int endpoints, string? binary)
{
    private const int Swaps = 500;
    private const int NftSwaps = 20;
    private static readonly TableId TableName = new(TableFamily.Ip, "podwire-proxy");
    private readonly string ours = $"proxy-bench-{Environment.ProcessId}";
    private readonly string theirs = $"proxy-peer-{Environment.ProcessId}";
    private readonly Load load = new(endpoints);
    private readonly FakeApiServer api = new();

    // Kept, because a socket that nobody holds is closed with its descriptor.
    private Socket? listener;

    public async Task<int> RunAsync()
    {
        using var ns = NetNamespace.Create($"/run/netns/{ours}");
        using var peer = NetNamespace.Create($"/run/netns/{theirs}");
        try
        {
            Run(ours, "ip link set lo up");
            Console.WriteLine($"{services} Services x {endpoints} endpoints; proxy: {(binary is null ? "JIT (no out/bin/podwire-proxy)" : "NativeAOT")}; {Run(ours, "nft --version").Trim()}");
            await FeedAsync(ns);
            var first = await ColdStartAsync(ns, wasThere: false);
            var (p50, p99, swapCpu, settled) = await SwapAsync(ns, first);
            await StopAsync(first.Process);
            var again = await ColdStartAsync(ns, wasThere: true);
            await StopAsync(again.Process);
            var text = Path.Combine(Path.GetTempPath(), $"{theirs}.nft");
            await File.WriteAllTextAsync(text, NftText.Write(ns.Run(ReadTable)));
            var (nftWall, nftCpu) = await NftAsync(theirs, $"nft -f {text}");
            var nftSwap = await NftSwapAsync(peer);
            Console.WriteLine($"{"",-34}{"wall",12}{"CPU",12}{"RSS",10}{"peak",10}");
            Row("cold start to the last rule", first.Wall, first.Use);
            Row("restart over a correct table", again.Wall, again.Use);
            Console.WriteLine($"{"resident after that and the exchanges",-58}{settled,7:0} MB");
            Console.WriteLine($"{"nft -f of the same rules",-34}{nftWall.TotalMilliseconds,9:0} ms{nftCpu.TotalMilliseconds,9:0} ms");
            Console.WriteLine($"cold start is {first.Wall / nftWall:0.00}x of nft -f in wall time, {first.Use.Cpu / nftCpu:0.00}x in CPU");
            Console.WriteLine($"one endpoint exchanged, from the API server's event to the kernel's commit: p50 {p50.TotalMilliseconds:0.00} ms, p99 {p99.TotalMilliseconds:0.00} ms, {swapCpu.TotalMilliseconds:0.00} ms CPU each ({Swaps} times)");
            Console.WriteLine($"the same element through an nft process: p50 {nftSwap.TotalMilliseconds:0.00} ms ({NftSwaps} times); ours is {p50 / nftSwap:0.00}x");
            File.Delete(text);
            return 0;
        }
        finally
        {
            await api.DisposeAsync();
            NetNamespace.Delete($"/run/netns/{ours}");
            NetNamespace.Delete($"/run/netns/{theirs}");
        }
    }

    private static void Row(string what, TimeSpan wall, ProcessUse use) =>
        Console.WriteLine($"{what,-34}{wall.TotalMilliseconds,9:0} ms{use.Cpu.TotalMilliseconds,9:0} ms{use.Rss,7:0} MB{use.PeakRss,7:0} MB");

    private static Table ReadTable()
    {
        using var socket = NftSocket.Open();
        return socket.ReadTable(TableName) ?? throw new InvalidOperationException("the proxy made no table");
    }

    private static async Task StopAsync(Process process)
    {
        using (process)
        {
            Run(null, $"kill -TERM {process.Id}");
            await process.WaitForExitAsync();
        }
    }

    private static string Run(string? ns, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", ns is null ? command : $"ip netns exec {ns} {command}"]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{command}: exit code {process.ExitCode}");
    }

    /// <summary>The objects, served at a loopback address inside of the namespace.</summary>
    private async Task FeedAsync(NetNamespace ns)
    {
        api.Set(Load.Nodes, "", "node1", Load.Node);
        for (var i = 0; i < services; i++)
        {
            api.Set(Load.Services, "bench", $"svc-{i}", Load.Service(i));
            api.Set(Load.Slices, "bench", $"svc-{i}-abcde", load.Slice(i));
        }

        listener = ns.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 8001));
            socket.Listen(64);
            return socket;
        });
        await api.StartAsync((ulong)listener.SafeHandle.DangerousGetHandle());
    }

    /// <summary>From the start of the process to the line that says that the rules are in the kernel.</summary>
    private async Task<(Process Process, TimeSpan Wall, ProcessUse Use)> ColdStartAsync(NetNamespace ns, bool wasThere)
    {
        string[] program = binary is null ? ["dotnet", Environment.GetCommandLineArgs()[0], "proxy"] : [binary];
        var start = new ProcessStartInfo("ip", ["netns", "exec", ours, .. program, "--master=http://127.0.0.1:8001", "--hostname-override=node1", "--cluster-cidr=10.128.0.0/9", "--healthz-bind-address=127.0.0.1:10256"])
        {
            RedirectStandardError = true,
        };
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        // The family ip6 is the second and last.
        var expected = wasThere ? "table ip6 podwire-proxy read back" : "table ip6 podwire-proxy loaded";
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.Contains(expected, StringComparison.Ordinal))
            {
                var wall = Stopwatch.GetElapsedTime(began);
                var use = ProcessUse.Of(process.Id);
                _ = process.StandardError.ReadToEndAsync();
                var found = ns.Run(ReadTable).FindSet("service-endpoints")!.Elements.Count;
                return found == services * endpoints ? (process, wall, use) : throw new InvalidOperationException($"{found} endpoints are in the kernel, not {services * endpoints}");
            }
        }

        throw new InvalidOperationException("the proxy ended before its rules were in the kernel");
    }

    private async Task<(TimeSpan P50, TimeSpan P99, TimeSpan Cpu, double Rss)> SwapAsync(NetNamespace ns, (Process Process, TimeSpan, ProcessUse) running)
    {
        using var monitor = ns.Run(NftMonitor.Open);
        var times = new List<TimeSpan>();
        await Task.Delay(2000);
        var before = ProcessUse.Of(running.Process.Id).Cpu;
        for (var turn = 1; turn <= Swaps; turn++)
        {
            var service = turn * 7919 % services;
            var json = load.Slice(service, turn);
            while (monitor.TryRead(out _))
            {
                // What others do meanwhile does not count.
            }

            var began = Stopwatch.GetTimestamp();
            api.Set(Load.Slices, "bench", $"svc-{service}-abcde", json);
            while (!(monitor.Wait(TimeSpan.FromSeconds(5)) && monitor.TryRead(out var change) && change.Tables.Contains(TableName)))
            {
                if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(10))
                {
                    throw new InvalidOperationException("an exchanged endpoint does not reach the kernel");
                }
            }

            times.Add(Stopwatch.GetElapsedTime(began));
        }

        var after = ProcessUse.Of(running.Process.Id);
        times.Sort();
        return (times[Swaps / 2], times[Swaps * 99 / 100], (after.Cpu - before) / Swaps, after.Rss);
    }

    /// <summary>Wall and CPU time of a program, by the shell's own clock: the CPU time of a child that ended is its parent's to ask for.</summary>
    private static async Task<(TimeSpan Wall, TimeSpan Cpu)> NftAsync(string ns, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", ns, "bash", "-c", $"TIMEFORMAT='%3R %3U %3S'; time {command}"]) { RedirectStandardError = true })!;
        var times = (await process.StandardError.ReadToEndAsync()).Trim().Split('\n')[^1].Split(' ');
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? (TimeSpan.FromSeconds(Number(times[0])), TimeSpan.FromSeconds(Number(times[1]) + Number(times[2])))
            : throw new InvalidOperationException($"{command}: exit code {process.ExitCode}");

        static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<TimeSpan> NftSwapAsync(NetNamespace peer)
    {
        var map = peer.Run(ReadTable).FindSet("service-endpoints")!;
        var times = new List<TimeSpan>();
        for (var i = 0; i < NftSwaps; i++)
        {
            var batch = new NftBatch().ReplaceElement(TableName, map, map.Elements[i * 31 % map.Elements.Count]);
            var file = Path.Combine(Path.GetTempPath(), $"{theirs}-swap.nft");
            await File.WriteAllTextAsync(file, NftText.Write(batch));
            times.Add((await NftAsync(theirs, $"nft -f {file}")).Wall);
            File.Delete(file);
        }

        times.Sort();
        return times[NftSwaps / 2];
    }
}
