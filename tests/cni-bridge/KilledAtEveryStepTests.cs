using Podwire.Netlink.Conntrack;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

/// <summary>
/// kill -9 between any two changes: the plugin runs under strace, which kills it as it enters the N-th call of each system call that
/// changes something, for every N that it gets to. What only reads is passed over: to die there is to die before the next change.
/// </summary>
public class KilledAtEveryStepTests
{
    private static readonly string[] Changes = ["sendto", "open", "write", "link", "unlink", "mkdir", "utimensat", "setns", "fork"];

    // Where other programs do the work, each begins after one of these; what they do themselves is all or nothing.
    private static readonly string[] Between = ["sendto", "write", "wait4"];

    private const string NoneValid = ",\"cni.dev/valid-attachments\":[]";

    [Theory]
    [InlineData("DEL")]
    [InlineData("GC")]
    [InlineData("ADD")]
    public void Add_KilledAtEachChange_NothingIsLeftAfter(string next)
    {
        var killed = AtEachChange("bridge", "ADD", node =>
        {
            var config = Config(node);
            return new(config, () => node.Container("c1"), () => Mend(node, config, next), where => NothingIsLeft(node, where));
        });
        Assert.True(killed > 20, $"only {killed} steps of ADD were tried");
    }

    [Theory]
    [InlineData("DEL")]
    [InlineData("GC")]
    [InlineData("ADD")]
    public void Del_KilledAtEachChange_NothingIsLeftAfter(string next)
    {
        var killed = AtEachChange("bridge", "DEL", node =>
        {
            var config = Config(node);
            return new(config, () => node.Add("c1", config).Succeeds(), () => Mend(node, config, next), where => NothingIsLeft(node, where));
        });
        Assert.True(killed > 5, $"only {killed} steps of DEL were tried");
    }

    [Theory]
    [InlineData("ADD", "DEL", "nftables")]
    [InlineData("ADD", "GC", "nftables")]
    [InlineData("ADD", "ADD", "nftables")]
    [InlineData("DEL", "DEL", "nftables")]
    [InlineData("DEL", "GC", "nftables")]
    [InlineData("ADD", "DEL", "iptables")]
    [InlineData("DEL", "DEL", "iptables")]
    [InlineData("DEL", "GC", "iptables")]
    public void Portmap_KilledAtEachChange_NothingIsLeftAfter(string command, string next, string backend)
    {
        var killed = AtEachChange("portmap", command, backend == "iptables" ? Between : Changes, node =>
        {
            var outside = Traffic.Outside(node);
            var result = node.Attach("c1");
            var inside = node.Keep(Traffic.Udp(node.Container("c1"), "10.77.0.2", 53));
            var client = node.Keep(Traffic.Udp(outside, "192.0.2.2", 40000));
            var conntrack = node.Keep(ConntrackSocket.Open(node.Host));
            string Ports(string more = "") => PortmapNode.Config(PortmapNode.Mapping(8080, 80) + "," + PortmapNode.Mapping(5353, 53, "udp"), $",\"backend\":\"{backend}\"" + more, result);
            return new(
                Ports(),
                () =>
                {
                    if (command == "DEL")
                    {
                        node.Portmap("ADD", "c1", Ports()).Succeeds();
                        Assert.True(Traffic.Reaches(client, "192.0.2.1", 5353, inside));
                    }
                },
                () =>
                {
                    if (next == "ADD")
                    {
                        node.Portmap("ADD", "c1", Ports()).Succeeds();
                        node.Portmap("CHECK", "c1", Ports()).Succeeds();
                    }

                    node.Portmap(next == "GC" ? "GC" : "DEL", "c1", Ports(next == "GC" ? NoneValid : string.Empty)).Succeeds();
                },
                where =>
                {
                    Assert.True(node.PortOwners().Length == 0, where + ": an element is left");
                    Assert.All([IpFamily.V4, IpFamily.V6], family => Assert.DoesNotContain("CNI-DN-", Iptables.Save(node, "nat", family), StringComparison.Ordinal));
                    Assert.True(conntrack.List(new ConntrackFilter(IpFamily.V4, IpProtocol.Udp, DestinationPort: 5353)).Count == 0, where + ": a flow is left");
                });
        });
        Assert.True(killed > 2, $"only {killed} steps of {command} were tried");
    }

    [Theory]
    [InlineData("ADD")]
    [InlineData("DEL")]
    public void Ptp_KilledAtEachChange_NothingIsLeftAfter(string command)
    {
        var killed = AtEachChange("ptp", command, node =>
        {
            var config = $$"""{"cniVersion":"1.1.0","name":"net","type":"ptp","ipMasq":true,"ipam":{{node.Ipam(PortmapNode.Dual + ",\"routes\":[{\"dst\":\"0.0.0.0/0\"}]")}}}""";
            return new(
                config,
                () =>
                {
                    node.Container("c1");
                    if (command == "DEL")
                    {
                        node.Add("c1", config, "ptp").Succeeds();
                    }
                },
                () => node.Del("c1", config, "ptp").Succeeds(),
                where => NothingIsLeft(node, where));
        });
        Assert.True(killed > 5, $"only {killed} steps of {command} were tried");
    }

    [Theory]
    [InlineData("ADD", "DEL")]
    [InlineData("DEL", "GC")]
    public void Firewall_KilledAtEachChange_NothingIsLeftAfter(string command, string next)
    {
        var killed = AtEachChange("firewall", command, node =>
        {
            var result = node.Attach("c1");
            string Config(string more = "") => $$"""{"cniVersion":"1.1.0","name":"net","type":"firewall","backend":"nftables"{{more}},"prevResult":{{result}}}""";
            return new(
                Config(),
                () =>
                {
                    if (command == "DEL")
                    {
                        node.Run("firewall", "ADD", Config()).Succeeds();
                    }
                },
                () => node.Run("firewall", next, Config(next == "GC" ? NoneValid : string.Empty)).Succeeds(),
                where => Assert.True(FirewallTests.Owners(node).Length == 0, where + ": an element is left"));
        });
        Assert.True(killed > 1, $"only {killed} steps of {command} were tried");
    }

    private static string Config(Node node) =>
        node.Config(",\"ipMasq\":true", node.Ipam("\"ranges\":[[{\"subnet\":\"10.77.0.0/24\"}],[{\"subnet\":\"fd77::/64\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"}]"));

    private static void Mend(Node node, string config, string next)
    {
        if (next == "ADD")
        {
            node.Add("c1", config).Succeeds();
            Assert.Equal(2, node.Leases().Length);
        }

        (next == "GC" ? node.Run("bridge", "GC", node.Config(NoneValid)) : node.Del("c1", config)).Succeeds();
    }

    private static void NothingIsLeft(Node node, string where)
    {
        Assert.True(node.Veths().Length == 0, where + ": a link is left");
        Assert.True(node.Leases().Length == 0, where + ": a lease is left");
        Assert.True(node.MasqueradeOwners().Length == 0, where + ": an element is left");
        Assert.True(node.LeaseIndex().Length == 0, where + ": an entry of the leases' index is left");
        Assert.True(node.In("c1", s => s.GetLink("eth0")) is null, where + ": the container has its link");
    }

    /// <summary>
    /// How often the plugin was killed. Each system call has its turn on a node of its own, several at once: most of the time goes by in the
    /// kernel, which waits before it gives back what was deleted.
    /// </summary>
    private static int AtEachChange(string plugin, string command, Func<Node, Scene> begin) => AtEachChange(plugin, command, Changes, begin);

    private static int AtEachChange(string plugin, string command, string[] calls, Func<Node, Scene> begin)
    {
        Assert.SkipUnless(File.Exists(Strace.Program), "lacks: strace");
        var killed = 0;
        Parallel.ForEach(calls, new ParallelOptions { MaxDegreeOfParallelism = 5 }, call =>
        {
            using var node = new Node();
            var scene = begin(node);
            for (var (at, died) = (1, true); died; at++)
            {
                scene.Prepare();
                died = DiesAt(node, plugin, command, scene.Config, call, at, calls == Changes);
                scene.Mend();
                scene.Check($"{plugin} {command} killed at {call} number {at}");
                if (died)
                {
                    Interlocked.Increment(ref killed);
                }
            }
        });
        return killed;
    }

    private static bool DiesAt(Node node, string plugin, string command, string config, string call, int at, bool withChildren)
    {
        // Quiet, tracing nothing else; children are followed, because DEL leaves the end of its work to one, unless they are other programs.
        using var process = Strace.Start(
            node,
            plugin,
            command,
            config,
            "c1",
            [.. withChildren ? new[] { "-f" } : [], "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:signal=SIGKILL:when={at}"]);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.DoesNotContain("invalid", error.Result, StringComparison.Ordinal);
        Assert.True(process.ExitCode != 0 || command != "ADD" || output.TrimEnd().EndsWith('}'), "it succeeded with half a result");
        return process.ExitCode != 0;
    }

    /// <summary>What is killed, and what is done before and after; <paramref name="Mend"/> must leave nothing each time, which <paramref name="Check"/> looks at.</summary>
    private sealed record Scene(string Config, Action Prepare, Action Mend, Action<string> Check);
}
