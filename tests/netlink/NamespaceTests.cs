using System.Diagnostics;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Netlink.Tests;

public class NamespaceTests
{
    [Fact]
    public void Create_IsWhatIpNetnsMakes_AndDeleteLeavesNothing()
    {
        var node = new Scratch();
        Assert.Contains(node.Name, Scratch.Run("ip", "netns", "list"), StringComparison.Ordinal);
        Assert.Single(node.IpJson("link show"));
        var path = node.Path;
        node.Dispose();
        Assert.False(File.Exists(path));
        Assert.DoesNotContain(path, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        NetNamespace.Delete(path);
    }

    [Fact]
    public void Create_PathTaken_IsRefusedAndKept()
    {
        using var node = new Scratch();
        var error = Assert.Throws<SyscallException>(() => NetNamespace.Create(node.Path));
        Assert.Equal(Errno.EEXIST, error.Errno);
        using var again = NetNamespace.Open(node.Path);
        Assert.True(again.IsSame(node.Namespace));
    }

    [Fact]
    public void Identity_SamePlaceOtherPath_IsSame()
    {
        using var node = new Scratch();
        using var other = new Scratch();
        using var self = NetNamespace.OpenSelf();
        Assert.NotEqual(node.Namespace, other.Namespace);
        Assert.False(node.Namespace.IsCurrent());
        Assert.True(self.IsCurrent());
        Assert.Equal(node.Namespace.Id, node.Namespace.Run(() =>
        {
            using var inside = NetNamespace.OpenSelf();
            Assert.True(node.Namespace.IsCurrent());
            return inside.Id;
        }));
    }

    [Fact]
    public async Task Run_OnAThreadThatMayBeMoved_GoesThereAndBackAlsoAfterAnError()
    {
        using var node = new Scratch();
        using var own = NetNamespace.OpenSelf();
        var work = () =>
        {
            NetNamespace.MovesCallingThread = true;
            var id = Environment.CurrentManagedThreadId;
            Assert.Equal(id, node.Namespace.Run(() => node.Namespace.IsCurrent() ? Environment.CurrentManagedThreadId : 0));
            Assert.True(own.IsCurrent());
            Assert.Throws<InvalidOperationException>(() => node.Namespace.Run(() => throw new InvalidOperationException()));
            Assert.True(own.IsCurrent());
            NetNamespace.MovesCallingThread = false;
        };
        await Task.Factory.StartNew(work, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    [Theory]
    [InlineData("/etc/hostname")]
    [InlineData("/proc/self/ns/mnt")]
    public void Open_NotANetworkNamespace_IsRefused(string path)
    {
        var error = Assert.Throws<SyscallException>(() => NetNamespace.Open(path));
        Assert.Equal(Errno.EINVAL, error.Errno);
        Assert.Equal(path, error.Path);
        Assert.Null(NetNamespace.TryOpen(path));
        Assert.Null(NetNamespace.TryOpen("/run/netns/there-is-none"));
    }

    [Fact]
    public void Run_WorkThrows_TheCallerGetsIt_AndNoThreadStays()
    {
        using var node = new Scratch();
        using var self = NetNamespace.OpenSelf();
        Assert.Throws<InvalidDataException>(() => node.Namespace.Run(new Action(() => throw new InvalidDataException())));
        Assert.True(self.IsCurrent());
    }

    [Fact]
    public void Sysctl_IsOfTheNamespace()
    {
        using var node = new Scratch();
        using var other = new Scratch();
        node.Namespace.WriteSysctl("net/ipv4/ip_forward", "1");
        other.Namespace.WriteSysctl("net/ipv4/ip_forward", "0");
        Assert.Equal("1", node.Namespace.ReadSysctl("net/ipv4/ip_forward"));
        Assert.Equal("0", other.Namespace.ReadSysctl("net/ipv4/ip_forward"));
        Assert.True(node.Namespace.Run(() => Sysctl.TryEnsure("net/ipv4/conf/all/rp_filter", "0")));
        Assert.False(node.Namespace.Run(() => Sysctl.TryEnsure("net/ipv4/conf/there-is-none/rp_filter", "0")));
        Assert.Throws<ArgumentException>(() => Sysctl.Read("../version"));
    }

    [Fact]
    public void ProcessNamespaces_Run_StartsChildrenInAllOfThem()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root");
        using var holder = Process.Start(new ProcessStartInfo("unshare", ["--net", "--uts", "--mount", "--pid", "--fork", "sh", "-c", "hostname inside; echo ready; read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.Equal("ready", holder.StandardOutput.ReadLine());
            using var namespaces = ProcessNamespaces.Open(holder.Id, NamespaceKinds.Network | NamespaceKinds.Uts | NamespaceKinds.Mount | NamespaceKinds.Pid);
            var output = namespaces.Run(() => Scratch.Run("sh", "-c", "hostname; echo $$; ls /sys/class/net >/dev/null; readlink /proc/self/ns/net || true; ip -o link | wc -l"));
            var lines = output.Split('\n');
            Assert.Equal("inside", lines[0]);
            Assert.True(int.Parse(lines[1]) < 10, $"the pid inside is {lines[1]}");
            Assert.Equal("1", lines[^2]);
            using var route = namespaces.Run(RouteSocket.Open);
            Assert.Equal(["lo"], route.ListLinks().Select(link => link.Name));
        }
        finally
        {
            holder.StandardInput.Close();
            holder.WaitForExit();
        }
    }
}
