using System.Diagnostics;
using Podwire.Cluster.Interop;

namespace Podwire.Cluster.Commands;

/// <summary>
/// <c>podwire down</c>: ends every node's first process and removes out/cluster. The kernel removes the rest: processes with
/// the PID namespace, mounts with the mount namespace, links and rules with the network namespace.
/// </summary>
internal sealed class DownCommand(ClusterPaths paths)
{
    private static readonly TimeSpan Graceful = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Forced = TimeSpan.FromSeconds(10);

    public int Run()
    {
        if (!Directory.Exists(paths.Cluster))
        {
            Console.Error.WriteLine("no cluster is up");
            return 0;
        }

        Preflight.RequireRoot("down");
        using var gate = ClusterLock.Take(paths);
        var watch = Stopwatch.StartNew();
        var state = ClusterStore.Read(paths);
        var living = Living(state);
        End(living);
        gate.Dispose();
        Directory.Delete(paths.Cluster, recursive: true);
        Console.Error.WriteLine($"ended {living.Count} sets of namespaces and removed {paths.Cluster} in {watch.Elapsed.TotalSeconds:F1} s");
        return 0;
    }

    /// <summary>The nodes and the control plane that still live.</summary>
    public static List<NodeState> Living(ClusterState? state) =>
        state is null ? [] : [.. state.Nodes.Append(state.Control).OfType<NodeState>().Where(node => node.IsAlive)];

    /// <summary>Ends first processes: SIGTERM, then SIGKILL to those that are still there.</summary>
    /// <exception cref="ClusterException">One outlives even that.</exception>
    public static void End(IReadOnlyList<NodeState> nodes)
    {
        foreach (var (signal, limit) in ((int, TimeSpan)[])[(Libc.SIGTERM, Graceful), (Libc.SIGKILL, Forced)])
        {
            var left = nodes.Where(node => node.IsAlive).ToArray();
            foreach (var node in left)
            {
                Libc.Kill(node.Pid, signal);
            }

            var watch = Stopwatch.StartNew();
            while (left.Any(node => node.IsAlive) && watch.Elapsed < limit)
            {
                Thread.Sleep(20);
            }

            // Those that this very process started are its to collect; the others' parent is gone.
            foreach (var node in left.Where(node => !node.IsAlive))
            {
                Libc.WaitPid(node.Pid, out _, Libc.WNOHANG);
            }
        }

        if (nodes.FirstOrDefault(node => node.IsAlive) is { } stubborn)
        {
            throw new ClusterException($"{stubborn.Name}'s first process {stubborn.Pid} does not end; look at it with: ps -o stat,wchan {stubborn.Pid}");
        }
    }
}
