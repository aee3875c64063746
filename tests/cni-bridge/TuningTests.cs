using System.Diagnostics;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

public class TuningTests
{
    private const string Everything =
        ",\"sysctl\":{\"net.ipv4.conf.IFNAME.arp_filter\":\"1\",\"net.core.somaxconn\":\"500\",\"net.ipv4.ip_local_port_range\":\"2000 3000\"}"
        + ",\"mac\":\"0a:00:00:00:00:07\",\"mtu\":1300,\"promisc\":true,\"allmulti\":true,\"txQLen\":77";

    private static string Folder(Node node) => $",\"dataDir\":\"{node.Folder}/tuning\"";

    private static string Chained(Node node, string more, string version = "1.0.0") =>
        Node.With(Plugins.Config("tuning", Folder(node) + more, version), Plugins.Bridged(node, version: version));

    private static Link Eth0(Node node) => node.In("c1", s => s.GetLink("eth0"))!;

    private static string[] Saved(Node node) => Directory.Exists(Path.Join(node.Folder, "tuning")) ? [.. Directory.GetFiles(Path.Join(node.Folder, "tuning")).Select(f => Path.GetFileName(f))] : [];

    [Fact]
    public void AddCheckDel_EveryKey_IsSetAndRestored()
    {
        using var node = new Node();
        var config = Chained(node, Everything, "1.1.0");
        var before = Eth0(node);
        var result = node.Add("c1", config, "tuning").Succeeds().Json.GetProperty("interfaces")[2];
        Assert.Equal("0a:00:00:00:00:07", result.GetProperty("mac").GetString());
        Assert.Equal(1300, result.GetProperty("mtu").GetInt32());
        var tuned = Eth0(node);
        Assert.Equal("0a:00:00:00:00:07", tuned.Mac.ToString());
        Assert.Equal(1300, tuned.Mtu);
        Assert.Equal(77, tuned.TxQueueLength);
        Assert.Equal(1, tuned.Promiscuity);
        Assert.True((tuned.Flags & LinkFlags.AllMulticast) != 0);
        Assert.Equal("1", node.Container("c1").ReadSysctl("net/ipv4/conf/eth0/arp_filter"));
        Assert.Equal("500", node.Container("c1").ReadSysctl("net/core/somaxconn"));
        Assert.Equal(["c1_eth0.json"], Saved(node));
        node.Run("tuning", "CHECK", config).Succeeds();

        node.Del("c1", config, "tuning").Succeeds();
        var after = Eth0(node);
        Assert.Equal((before.Mac, before.Mtu, before.TxQueueLength, 0), (after.Mac, after.Mtu, after.TxQueueLength, after.Promiscuity));
        Assert.True((after.Flags & LinkFlags.AllMulticast) == 0);
        Assert.Empty(Saved(node));
        node.Del("c1", config, "tuning").Succeeds();
    }

    [Fact]
    public void Add_Mac_ArgsThenRuntimeConfigThenCniArgsThenOwn()
    {
        using var node = new Node();
        const string Own = ",\"mac\":\"0a:00:00:00:00:04\"";
        const string Runtime = Own + ",\"runtimeConfig\":{\"mac\":\"0a:00:00:00:00:02\"}";
        var seen = new List<string>();
        foreach (var (more, args) in (ReadOnlySpan<(string, string)>)[(Runtime + ",\"args\":{\"cni\":{\"mac\":\"0a:00:00:00:00:01\"}}", "MAC=0a:00:00:00:00:03"), (Runtime, "MAC=0a:00:00:00:00:03"), (Own, "MAC=0a:00:00:00:00:03"), (Own, "")])
        {
            node.Add("c1", Chained(node, more), "tuning", args).Succeeds();
            seen.Add(Eth0(node).Mac.ToString()!);
        }

        Assert.Equal(["0a:00:00:00:00:01", "0a:00:00:00:00:02", "0a:00:00:00:00:03", "0a:00:00:00:00:04"], seen);
    }

    [Fact]
    public void Add_Args_WinOverOwnKeys()
    {
        using var node = new Node();
        const string Args = ",\"args\":{\"cni\":{\"mtu\":1200,\"promisc\":false,\"allmulti\":false,\"sysctl\":{\"net.core.somaxconn\":\"600\"}}}";
        node.Add("c1", Chained(node, Everything + Args), "tuning").Succeeds();
        Assert.Equal(1200, Eth0(node).Mtu);
        Assert.Equal(0, Eth0(node).Promiscuity);
        Assert.Equal("600", node.Container("c1").ReadSysctl("net/core/somaxconn"));
        Assert.Equal("1", node.Container("c1").ReadSysctl("net/ipv4/conf/eth0/arp_filter"));
    }

    [Theory]
    [InlineData(",\"sysctl\":{\"kernel.hostname\":\"x\"}", 7, "kernel.hostname")]
    [InlineData(",\"sysctl\":{\"net\":\"x\"}", 7, "net")]
    [InlineData(",\"sysctl\":{\"net.core.somaxconn\":\"5\",\"net.core.somaxconn\":\"6\"}", 7, "twice")]
    [InlineData(",\"sysctl\":{\"net.core.somaxconn\":5}", 6, "somaxconn")]
    [InlineData(",\"mtu\":-1", 7, "mtu")]
    [InlineData(",\"mac\":\"01:00:00:00:00:00\"", 7, "01:00")]
    [InlineData(",\"mtu\":1300,\"sysctl\":{\"net.core.somaxconn\":\"500\",\"net.ipv4.nosuch\":\"1\"}", 100, "nosuch")]
    [InlineData(",\"mtu\":1300,\"sysctl\":{\"net.core.somaxconn\":\"500\",\"net.ipv4.ip_forward\":\"words\"}", 100, "ip_forward")]
    [InlineData(",\"mtu\":70000,\"sysctl\":{\"net.core.somaxconn\":\"500\"}", 100, "eth0")]
    public void Add_Failing_ChangesNothing(string more, int code, string named)
    {
        using var node = new Node();
        var config = Chained(node, more);
        var (before, queue) = (Eth0(node), node.Container("c1").ReadSysctl("net/core/somaxconn"));
        var answer = node.Add("c1", config, "tuning").Fails(code);
        Assert.True(answer.Stdout.Contains(named, StringComparison.Ordinal) || code == 100, answer.Stdout);
        Assert.Equal(before, Eth0(node));
        Assert.Equal(queue, node.Container("c1").ReadSysctl("net/core/somaxconn"));
        Assert.Empty(Saved(node));
    }

    [Fact]
    public void Add_NotChained_IsCode7()
    {
        using var node = new Node();
        node.Add("c1", Plugins.Config("tuning", Folder(node)), "tuning").Fails(7);
    }

    [Fact]
    public void Check_KernelDiffers_IsCode102()
    {
        using var node = new Node();
        var config = Chained(node, Everything);
        node.Add("c1", config, "tuning").Succeeds();
        Change(s => s.SetLink("eth0", new LinkChange { Mtu = 1400 }), "MTU", s => s.SetLink("eth0", new LinkChange { Mtu = 1300 }));
        Change(s => s.SetLink("eth0", new LinkChange { Promiscuous = false }), "promiscuous", s => s.SetLink("eth0", new LinkChange { Promiscuous = true }));
        Change(s => s.SetLink("eth0", new LinkChange { AllMulticast = false }), "groups", s => s.SetLink("eth0", new LinkChange { AllMulticast = true }));
        Change(s => s.SetLink("eth0", new LinkChange { TxQueueLength = 5 }), "queue", s => s.SetLink("eth0", new LinkChange { TxQueueLength = 77 }));
        Change(s => s.SetLink("eth0", new LinkChange { Mac = MacAddress.Parse("0a:00:00:00:00:08") }), "MAC", s => s.SetLink("eth0", new LinkChange { Mac = MacAddress.Parse("0a:00:00:00:00:07") }));
        node.Run("tuning", "CHECK", config).Succeeds();
        node.Container("c1").WriteSysctl("net/core/somaxconn", "501");
        Assert.Contains("somaxconn", node.Run("tuning", "CHECK", config).Fails(102).Stdout);

        void Change(Action<RouteSocket> change, string named, Action<RouteSocket> back)
        {
            node.In("c1", s =>
            {
                change(s);
                return true;
            });
            Assert.Contains(named, node.Run("tuning", "CHECK", config).Fails(102).Stdout);
            node.In("c1", s =>
            {
                back(s);
                return true;
            });
        }
    }

    [Fact]
    public void Add_Again_KeepsWhatWasSavedFirst()
    {
        using var node = new Node();
        var config = Chained(node, ",\"mtu\":1300");
        node.Add("c1", config, "tuning").Succeeds();
        node.Add("c1", config, "tuning").Succeeds();
        node.Del("c1", config, "tuning").Succeeds();
        Assert.Equal(1500, Eth0(node).Mtu);
    }

    [Fact]
    public void DelAndGc_NamespaceGone_RemoveTheFiles()
    {
        using var node = new Node();
        foreach (var container in (string[])["c1", "c2", "c3"])
        {
            var result = Plugins.Bridged(node, container, "1.1.0");
            node.Add(container, Node.With(Plugins.Config("tuning", Folder(node) + ",\"mtu\":1300", "1.1.0"), result), "tuning").Succeeds();
            node.RemoveContainer(container);
        }

        node.Del("c1", Plugins.Config("tuning", Folder(node)), "tuning").Succeeds();
        Assert.Equal(2, Saved(node).Length);
        node.Run("tuning", "GC", Plugins.Config("tuning", Folder(node), "1.1.0")).Fails(7);
        node.Run("tuning", "GC", Plugins.Valid(Plugins.Config("tuning", Folder(node), "1.1.0", "other"))).Succeeds();
        Assert.Equal(2, Saved(node).Length);
        node.Run("tuning", "GC", Plugins.Valid(Plugins.Config("tuning", Folder(node), "1.1.0"), "c3")).Succeeds();
        Assert.Equal(["c3_eth0.json"], Saved(node));
    }

    [Fact]
    public void Del_SavedFileIsDamaged_RemovesItAndSucceeds()
    {
        using var node = new Node();
        var config = Chained(node, ",\"mtu\":1300");
        node.Add("c1", config, "tuning").Succeeds();
        File.WriteAllText(Path.Join(node.Folder, "tuning", "c1_eth0.json"), "{\"mtu\":");
        node.Del("c1", config, "tuning").Succeeds();
        Assert.Empty(Saved(node));
    }

    [Theory]
    [InlineData("^net\\.core\\.somaxconn$\n", "net.core.somaxconn", 0)]
    [InlineData("^net\\.core\\.[a-z]+$\n\n^net.ipv4.conf.(IFNAME|eth0).*", "net.ipv4.conf.IFNAME.arp_filter", 0)]
    [InlineData("^net\\.core\\.somaxconn$\n", "net.ipv4.ip_forward", 7)]
    [InlineData("", "net.ipv4.ip_forward", 7)]
    [InlineData("net[\n", "net.ipv4.ip_forward", 5)]
    [InlineData("net\\.\\w+\n", "net.ipv4.ip_forward", 5)]
    [InlineData("(?i)NET\n", "net.ipv4.ip_forward", 5)]
    public void Allowlist_OfTheNode_IsKept(string list, string key, int code)
    {
        using var node = new Node();
        var config = Chained(node, $",\"sysctl\":{{\"{key}\":\"1\"}}");
        var answer = WithAllowlist(node, list, config, CniExecutables.Path);
        if (code == 0)
        {
            answer.Succeeds();
            Assert.Equal("1", node.Container("c1").ReadSysctl(key.Replace('.', '/').Replace("IFNAME", "eth0", StringComparison.Ordinal)));
        }
        else
        {
            answer.Fails(code);
        }
    }

    [Fact]
    public void Add_SameConfiguration_AnswersChecksAndRestoresAsTheReference()
    {
        Plugins.NeedReference("tuning");
        using var node = new Node();
        var config = Chained(node, Everything.Replace(",\"txQLen\":77", string.Empty, StringComparison.Ordinal));
        var before = Eth0(node);
        var theirs = Plugins.Comparable(node.Add("c1", config, "tuning", path: CniExecutables.ReferencePath), node, "c1");
        var checkable = config.Replace("IFNAME", "eth0", StringComparison.Ordinal).Replace("2000 3000", "2000\\t3000", StringComparison.Ordinal);
        node.Run("tuning", "CHECK", checkable).Succeeds();
        node.Del("c1", config, "tuning").Succeeds();
        Assert.Equal((before.Mac, before.Mtu, 0), (Eth0(node).Mac, Eth0(node).Mtu, Eth0(node).Promiscuity));
        Assert.Empty(Saved(node));

        Assert.Equal(theirs, Plugins.Comparable(node.Add("c1", config, "tuning"), node, "c1"));
        node.Run("tuning", "CHECK", checkable, path: CniExecutables.ReferencePath).Succeeds();
        node.Del("c1", config, "tuning", CniExecutables.ReferencePath).Succeeds();
        Assert.Equal((before.Mac, before.Mtu, 0), (Eth0(node).Mac, Eth0(node).Mtu, Eth0(node).Promiscuity));
        Assert.Empty(Saved(node));
    }

    [Fact]
    public void Status_Allowed_Succeeds()
    {
        using var node = new Node();
        node.Run("tuning", "STATUS", Plugins.Config("tuning", Everything, "1.1.0")).Succeeds();
        node.Run("tuning", "STATUS", Plugins.Config("tuning", ",\"sysctl\":{\"kernel.x\":\"\"}", "1.1.0")).Fails(7);
    }

    /// <summary>Runs ADD in a mount namespace of its own whose /etc/cni/tuning is a list of ours.</summary>
    private static Answer WithAllowlist(Node node, string list, string config, string path)
    {
        var folder = Path.Join(node.Folder, "allow");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Join(folder, "allowlist.conf"), list);
        var start = new ProcessStartInfo("unshare", ["-m", "sh", "-c", "mount -t tmpfs none /etc/cni 2>/dev/null || { mount -t tmpfs none /opt && mkdir /opt/u /opt/w && mount -t overlay -o lowerdir=/etc,upperdir=/opt/u,workdir=/opt/w none /etc; }; mkdir -p /etc/cni/tuning && cp \"$1\"/allowlist.conf /etc/cni/tuning/ && exec \"$2\"/tuning", "sh", folder, path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CNI_COMMAND"] = "ADD";
        start.Environment["CNI_CONTAINERID"] = "c1";
        start.Environment["CNI_NETNS"] = node.PathOf("c1");
        start.Environment["CNI_IFNAME"] = "eth0";
        start.Environment["CNI_PATH"] = path;
        using var process = node.Host.Run(() => Process.Start(start)!);
        process.StandardInput.Write(config);
        process.StandardInput.Close();
        var stderr = process.StandardError.ReadToEndAsync();
        var stdout = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Answer(process.ExitCode, stdout, stderr.Result);
    }
}
