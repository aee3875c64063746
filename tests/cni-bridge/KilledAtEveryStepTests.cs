using System.Diagnostics;

namespace Podwire.CniBridge.Tests;

/// <summary>
/// kill -9 between any two changes: the plugin runs under strace, which kills it as it enters the N-th call of each system call that
/// changes something, for every N that it gets to. What only reads is passed over: to die there is to die before the next change.
/// </summary>
public class KilledAtEveryStepTests
{
    private const string Strace = "/usr/bin/strace";

    private static readonly string[] Changes = ["sendto", "open", "write", "link", "unlink", "mkdir", "utimensat", "setns", "fork"];

    [Theory]
    [InlineData("DEL")]
    [InlineData("GC")]
    [InlineData("ADD")]
    public void Add_KilledAtEachChange_NothingIsLeftAfter(string next)
    {
        using var node = new Node();
        var config = Config(node);
        var killed = AtEachChange(node, "ADD", config, () =>
        {
            if (next == "ADD")
            {
                node.Add("c1", config).Succeeds();
                Assert.Equal(2, node.Leases().Length);
            }

            (next == "GC" ? node.Run("bridge", "GC", node.Config(",\"cni.dev/valid-attachments\":[]")) : node.Del("c1", config)).Succeeds();
        });
        Assert.True(killed > 20, $"only {killed} steps of ADD were tried");
    }

    [Theory]
    [InlineData("DEL")]
    [InlineData("GC")]
    [InlineData("ADD")]
    public void Del_KilledAtEachChange_NothingIsLeftAfter(string next)
    {
        using var node = new Node();
        var config = Config(node);
        node.Container("c1");
        var killed = AtEachChange(node, "DEL", config, () =>
        {
            if (next == "ADD")
            {
                node.Add("c1", config).Succeeds();
            }

            (next == "GC" ? node.Run("bridge", "GC", node.Config(",\"cni.dev/valid-attachments\":[]")) : node.Del("c1", config)).Succeeds();
        });
        Assert.True(killed > 5, $"only {killed} steps of DEL were tried");
    }

    [Theory]
    [InlineData("ADD", "DEL")]
    [InlineData("ADD", "GC")]
    [InlineData("ADD", "ADD")]
    [InlineData("DEL", "DEL")]
    [InlineData("DEL", "GC")]
    public void Portmap_KilledAtEachChange_NothingIsLeftAfter(string command, string next)
    {
        using var node = new Node();
        var result = node.Attach("c1");
        string Ports(string more = "") => PortmapNode.Config(PortmapNode.Mapping(8080, 80) + "," + PortmapNode.Mapping(5353, 53, "udp"), ",\"backend\":\"nftables\"" + more, result);
        var killed = AtEachChange(
            node,
            "portmap",
            command,
            Ports(),
            () =>
            {
                if (command == "DEL")
                {
                    node.Portmap("ADD", "c1", Ports()).Succeeds();
                }
            },
            () =>
            {
                if (next == "ADD")
                {
                    node.Portmap("ADD", "c1", Ports()).Succeeds();
                    node.Portmap("CHECK", "c1", Ports()).Succeeds();
                }

                node.Portmap(next == "GC" ? "GC" : "DEL", "c1", Ports(next == "GC" ? ",\"cni.dev/valid-attachments\":[]" : string.Empty)).Succeeds();
            },
            where => Assert.True(node.PortOwners().Length == 0, where + ": an element is left"));
        Assert.True(killed > 2, $"only {killed} steps of {command} were tried");
    }

    [Theory]
    [InlineData("ADD")]
    [InlineData("DEL")]
    public void Ptp_KilledAtEachChange_NothingIsLeftAfter(string command)
    {
        using var node = new Node();
        var config = $$"""{"cniVersion":"1.1.0","name":"net","type":"ptp","ipMasq":true,"ipam":{{node.Ipam(PortmapNode.Dual + ",\"routes\":[{\"dst\":\"0.0.0.0/0\"}]")}}}""";
        var killed = AtEachChange(
            node,
            "ptp",
            command,
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
        Assert.True(killed > 5, $"only {killed} steps of {command} were tried");
    }

    [Theory]
    [InlineData("ADD", "DEL")]
    [InlineData("DEL", "GC")]
    public void Firewall_KilledAtEachChange_NothingIsLeftAfter(string command, string next)
    {
        using var node = new Node();
        var result = node.Attach("c1");
        string Config(string more = "") => $$"""{"cniVersion":"1.1.0","name":"net","type":"firewall","backend":"nftables"{{more}},"prevResult":{{result}}}""";
        var killed = AtEachChange(
            node,
            "firewall",
            command,
            Config(),
            () =>
            {
                if (command == "DEL")
                {
                    node.Run("firewall", "ADD", Config()).Succeeds();
                }
            },
            () => node.Run("firewall", next, Config(next == "GC" ? ",\"cni.dev/valid-attachments\":[]" : string.Empty)).Succeeds(),
            where => Assert.True(FirewallTests.Owners(node).Length == 0, where + ": an element is left"));
        Assert.True(killed > 1, $"only {killed} steps of {command} were tried");
    }

    private static string Config(Node node) =>
        node.Config(",\"ipMasq\":true", node.Ipam("\"ranges\":[[{\"subnet\":\"10.77.0.0/24\"}],[{\"subnet\":\"fd77::/64\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"}]"));

    private static int AtEachChange(Node node, string command, string config, Action mend) => AtEachChange(
        node,
        "bridge",
        command,
        config,
        () =>
        {
            node.Container("c1");
            if (command == "DEL")
            {
                node.Add("c1", config).Succeeds();
            }
        },
        mend,
        where => NothingIsLeft(node, where));

    private static void NothingIsLeft(Node node, string where)
    {
        Assert.True(node.Veths().Length == 0, where + ": a link is left");
        Assert.True(node.Leases().Length == 0, where + ": a lease is left");
        Assert.True(node.MasqueradeOwners().Length == 0, where + ": an element is left");
        Assert.True(node.In("c1", s => s.GetLink("eth0")) is null, where + ": the container has its link");
    }

    /// <summary>How often the plugin was killed; <paramref name="mend"/> must leave nothing each time, which <paramref name="check"/> looks at.</summary>
    private static int AtEachChange(Node node, string plugin, string command, string config, Action prepare, Action mend, Action<string> check)
    {
        Assert.SkipUnless(File.Exists(Strace), "lacks: strace");
        var killed = 0;
        foreach (var call in Changes)
        {
            for (var at = 1; ; at++)
            {
                prepare();
                var died = DiesAt(node, plugin, command, config, call, at);
                mend();
                check($"{plugin} {command} killed at {call} number {at}");
                if (!died)
                {
                    break;
                }

                killed++;
            }
        }

        return killed;
    }

    private static bool DiesAt(Node node, string plugin, string command, string config, string call, int at)
    {
        // Quiet, tracing nothing else; children are followed, because DEL leaves the end of its work to one.
        var start = new ProcessStartInfo(Strace, ["-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:signal=SIGKILL:when={at}", Path.Join(CniExecutables.Path, plugin)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_CONTAINERID"] = "c1";
        start.Environment["CNI_NETNS"] = node.PathOf("c1");
        start.Environment["CNI_IFNAME"] = "eth0";
        start.Environment["CNI_PATH"] = CniExecutables.Path;
        using var process = node.Host.Run(() => Process.Start(start)!);
        try
        {
            process.StandardInput.Write(config);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It was killed before it read.
        }

        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.DoesNotContain("invalid", error.Result, StringComparison.Ordinal);
        Assert.True(process.ExitCode != 0 || command != "ADD" || output.TrimEnd().EndsWith('}'), "it succeeded with half a result");
        return process.ExitCode != 0;
    }
}
