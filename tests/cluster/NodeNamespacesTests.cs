using Podwire.Cluster.Commands;
using Podwire.Cluster.Interop;
using Podwire.Cluster.Nodes;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.Cluster.Tests;

/// <summary>Real namespaces, with a shell as the first process.</summary>
public sealed class NodeNamespacesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("podwire-cluster-").FullName;
    private readonly List<NodeState> nodes = [];

    public NodeNamespacesTests() => Assert.True(Environment.IsPrivilegedProcess, "these tests make namespaces and need root");

    [Fact]
    public void Nodes_ReachEachOther_AndHaveTheirOwnFiles()
    {
        var control = Create("control", NodeNetwork.ConfigureUnderlay);
        using var underlay = NetNamespace.Open($"/proc/{control.Pid}/ns/net");
        var one = Create("node1", () => NodeNetwork.JoinUnderlay(underlay, "node1", IpPrefix.Parse("10.89.0.11/24")));
        var two = Create("node2", () => NodeNetwork.JoinUnderlay(underlay, "node2", IpPrefix.Parse("10.89.0.12/24")));
        // A route to the other node through the card, and a socket that the other refuses, both show that frames pass.
        Assert.Equal(0, Run(one, $"ip route get 10.89.0.12 > {folder}/out"));
        Assert.Contains("dev eth0", Output());
        Assert.Equal(0, Run(two, $"ip -o neigh > {folder}/before; (echo > /dev/tcp/10.89.0.11/9) 2>{folder}/out || true", "bash"));
        Assert.Contains("refused", Output());
        Assert.Equal(0, Run(one, $"touch /etc/cni/net.d/own /var/lib/cni/own; hostname > {folder}/out"));
        Assert.Equal("node1\n", Output());
        Assert.Equal(1, Run(two, "test -e /etc/cni/net.d/own"));
        Assert.False(File.Exists("/etc/cni/net.d/own"));
        Assert.False(File.Exists("/var/lib/cni/own"));
    }

    [Fact]
    public void Run_PassesTheExitCodeAndSignals()
    {
        var node = Create("node1", () => { });
        Assert.Equal(7, Run(node, "exit 7"));
        Assert.Equal(137, Run(node, "kill -9 $$"));
        Assert.Equal(Errno.ENOENT, Assert.Throws<SpawnException>(() => NodeNamespaces.RunInNode(node, ["no-such-program"])).Errno);
    }

    [Fact]
    public void End_TakesEveryProcessAndMountAlong()
    {
        var mounts = Mounts();
        var node = Create("node1", () => { });
        // A process that left its session: only its PID namespace still knows that it is the node's.
        Assert.Equal(0, Run(node, $"setsid sleep {Stray} </dev/null >/dev/null 2>&1 &"));
        Assert.Single(Strays());
        DownCommand.End([node]);
        Assert.False(node.IsAlive);
        Assert.Equal(mounts, Mounts());
        Assert.Empty(Strays());
        Assert.False(Directory.Exists($"/proc/{node.Pid}"));
    }

    [Fact]
    public void State_IsAlive_TellsAPidFromALaterOneWithTheSameNumber()
    {
        var node = Create("node1", () => { });
        Assert.True(node.IsAlive);
        Assert.False((node with { StartTime = node.StartTime + 1 }).IsAlive);
        Assert.False(new NodeState("x", "10.89.0.99", int.MaxValue, 1).IsAlive);
    }

    private static readonly string Stray = $"1000.{Environment.ProcessId}";

    /// <summary>The machine's mounts, without those of the suites beside this one: network namespaces with names, and what is below their temporary folders.</summary>
    private static string[] Mounts() =>
        [.. File.ReadAllLines("/proc/self/mountinfo").Where(static line => line.Split(' ')[4] is var point && !point.StartsWith("/run/netns", StringComparison.Ordinal) && !point.StartsWith(Path.GetTempPath(), StringComparison.Ordinal))];

    private static IEnumerable<string> Strays()
    {
        Thread.Sleep(100);
        return Directory.EnumerateFiles("/proc", "cmdline", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Where(file => Read(file).StartsWith($"sleep\0{Stray}\0", StringComparison.Ordinal));

        static string Read(string file)
        {
            try
            {
                return File.ReadAllText(file);
            }
            catch (IOException)
            {
                return string.Empty;
            }
        }
    }

    public void Dispose()
    {
        DownCommand.End(nodes);
        Directory.Delete(folder, recursive: true);
    }

    private NodeState Create(string name, Action configure)
    {
        var pid = NodeNamespaces.Create(name, ["sh", "-c", "trap exit TERM; while sleep 0.05; do :; done"], Path.Combine(folder, name + ".log"), -1, configure);
        var node = new NodeState(name, "-", pid, NodeState.ReadStartTime(pid));
        nodes.Add(node);
        return node;
    }

    private static int Run(NodeState node, string script, string shell = "sh") => NodeNamespaces.RunInNode(node, [shell, "-c", script]);

    private string Output() => File.ReadAllText(Path.Combine(folder, "out"));
}
