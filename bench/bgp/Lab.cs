using System.Diagnostics;
using Podwire.Netlink.Namespaces;

namespace Podwire.BgpBench;

/// <summary>
/// A daemon as 10.99.0.1 in a namespace of its own, and the clients' addresses 10.99.1.1 and up in another, joined by a pair of veth. The daemon's
/// process, the namespaces and its files go with it.
/// </summary>
internal sealed class Lab : IDisposable
{
    private static int count;
    private readonly string name = $"bench-bgp-{Environment.ProcessId}-{++count}";
    private readonly string folder = Directory.CreateTempSubdirectory("podwire-bgp-bench").FullName;
    private readonly Process daemon;

    public Lab(Speaker speaker, int clients)
    {
        Standing.Begin(this);
        Shell.Run($"""
            set -e
            ip netns add {name}-rr; ip netns add {name}-cl
            ip -n {name}-rr link set lo up
            ip -n {name}-rr link add h0 type veth peer name c0 netns {name}-cl
            ip -n {name}-rr addr add {RoutePlan.Reflector}/16 dev h0; ip -n {name}-rr link set h0 up
            for i in $(seq {clients}); do echo "addr add 10.99.1.$i/16 dev c0"; done | ip -n {name}-cl -batch -
            ip -n {name}-cl link set c0 up
            """);
        Clients = NetNamespace.Open($"/run/netns/{name}-cl");
        var config = Path.Combine(folder, "config");
        File.WriteAllText(config, speaker.Config(clients, folder));
        // sh opens the log and is replaced, as ip is: the process is the daemon itself.
        daemon = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", $"{name}-rr", "sh", "-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1", "sh", Path.Combine(folder, "output"), speaker.Program, .. speaker.Arguments(config, folder)]))!;
    }

    /// <summary>Where the clients are.</summary>
    public NetNamespace Clients { get; }

    public bool IsRunning => !daemon.HasExited;

    /// <summary>What the daemon has used; none after its end.</summary>
    public ProcessUse Use => daemon.HasExited ? default : ProcessUse.Of(daemon.Id);

    /// <summary>What the daemon had to say, the last lines of it.</summary>
    public string Words => string.Join('\n', Directory.GetFiles(folder, "*.log").Append(Path.Combine(folder, "output")).Where(File.Exists).SelectMany(static log => File.ReadLines(log).TakeLast(5)));

    public void Dispose()
    {
        if (!Standing.End(this))
        {
            return;
        }

        if (!daemon.HasExited)
        {
            daemon.Kill();
            daemon.WaitForExit();
        }

        daemon.Dispose();
        Clients.Dispose();
        Shell.Run($"ip netns del {name}-rr; ip netns del {name}-cl");
        Directory.Delete(folder, recursive: true);
    }
}
