using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;

namespace Podwire.CniBridge.Tests;

/// <summary>Bad input and bad moments: the right code, and nothing left in the kernel or on disk.</summary>
public class BridgeFailureTests
{
    [Theory]
    [InlineData("{", 6)]
    [InlineData("", 6)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":5}", 6)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"mtu\":\"big\"}", 6)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"isGateway\":1}", 6)]
    [InlineData("{\"cniVersion\":\"1.0.0\"}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"../net\"}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"bridge\":\"a/b\"}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"mtu\":5}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"hairpinMode\":true,\"promiscMode\":true}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"ipam\":{\"type\":\"host-local\"}}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"ipam\":{\"type\":\"../host-local\"}}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"disableContainerInterface\":true,\"ipam\":{\"type\":\"host-local\",\"subnet\":\"10.0.0.0/24\"}}", 7)]
    [InlineData("{\"cniVersion\":\"3.0.0\",\"name\":\"net\"}", 1)]
    public void Add_BadConfig_HasItsCodeAndChangesNothing(string config, int code)
    {
        using var node = new Node();
        node.Add("c1", config).Fails(code);
        node.IsUntouched();
        Assert.Equal(["lo"], node.In("c1", s => s.ListLinks()).Select(l => l.Name));
    }

    [Fact]
    public void Add_NamespaceIsWrong_IsCode8AndTheHostIsUntouched()
    {
        using var node = new Node();
        node.Run("bridge", "ADD", node.Config(), netNs: node.PathOf("host")).Fails(8);
        node.Run("bridge", "ADD", node.Config(), netNs: "/run/netns/no-such").Fails(8);
        node.Run("bridge", "ADD", node.Config(), netNs: "/proc/self/ns/mnt").Fails(8);
        node.Run("bridge", "ADD", node.Config(), netNs: "/etc/hostname").Fails(8);
        node.Run("loopback", "ADD", node.Config(), netNs: node.PathOf("host")).Fails(8);
        node.Run("loopback", "DEL", node.Config(), netNs: node.PathOf("host")).Succeeds();
        node.IsUntouched();
    }

    [Fact]
    public void Add_EnvironmentIsWrong_IsCode4()
    {
        using var node = new Node();
        node.Container("c1");
        node.Run("bridge", "ADD", node.Config(), container: "c1", ifName: "much-too-long-a-name").Fails(4);
        node.Run("bridge", "ADD", node.Config(), container: "a/b", netNs: node.PathOf("c1")).Fails(4);
        node.Run("bridge", "add", node.Config(), container: "c1").Fails(4);
        node.Run("bridge", "ADD", node.Config(), container: "c1", args: "WHAT=1").Fails(4);
        node.IsUntouched();
    }

    [Fact]
    public void Add_SubnetExhausted_KeepsNoLeaseAndMakesNoLink()
    {
        using var node = new Node();
        var config = node.Config(ipam: node.Ipam("\"ranges\":[[{\"subnet\":\"fd77::/64\"}],[{\"subnet\":\"10.77.0.0/30\"}]]"));
        node.Add("c1", config).Succeeds();
        var (links, leases) = (node.Links(), node.Leases());
        Assert.Contains("10.77.0.1-10.77.0.2", node.Add("c2", config).Fails(101).Stdout);
        Assert.Equal(links, node.Links());
        Assert.Equal(leases, node.Leases());
        Assert.Equal(["lo"], node.In("c2", s => s.ListLinks()).Select(l => l.Name));
        node.Run("bridge", "STATUS", config).Fails(50);
    }

    [Fact]
    public void Add_InterfaceNameIsTaken_IsRefusedAndTakenBack()
    {
        using var node = new Node();
        node.In("c1", s =>
        {
            s.AddLink(new BridgeSpec("eth0"));
            return true;
        });
        node.Add("c1", node.Config()).Fails(103);
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
        node.Del("c1", node.Config()).Succeeds();
        Assert.Equal("bridge", node.In("c1", s => s.GetLink("eth0"))!.Kind);
    }

    [Fact]
    public void Add_RouteCannotBeSet_IsTakenBackAndTryingAgainWorks()
    {
        using var node = new Node();
        var bad = node.Config(ipam: node.Ipam("\"subnet\":\"10.77.0.0/24\",\"routes\":[{\"dst\":\"10.9.0.0/16\",\"gw\":\"192.0.2.1\"}]"));
        Assert.Contains("10.9.0.0/16", node.Add("c1", bad).Fails(100).Stdout);
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
        Assert.Equal(["lo"], node.In("c1", s => s.ListLinks()).Select(l => l.Name));
        node.Add("c1", node.Config()).Succeeds();
    }

    [Fact]
    public void Add_BridgeNameIsAnotherKind_IsRefusedBeforeLeasing()
    {
        using var node = new Node();
        node.Route.AddLink(new VethSpec("br-test", "other"));
        node.Add("c1", node.Config()).Fails(103);
        Assert.Empty(node.Leases());
        node.Run("bridge", "STATUS", node.Config()).Fails(50);
    }

    [Fact]
    public void Status_BridgeWasReplacedUnderContainers_IsCode51()
    {
        using var node = new Node();
        node.Add("c1", node.Config()).Succeeds();
        node.Route.DeleteLink("br-test");
        node.Route.AddLink(new VethSpec("br-test", "other"));
        node.Run("bridge", "STATUS", node.Config()).Fails(51);
        node.Del("c1", node.Config()).Succeeds();
        node.Run("bridge", "STATUS", node.Config()).Fails(50);
    }

    [Fact]
    public void Add_StdoutIsClosed_DoesNotSucceed()
    {
        using var node = new Node();
        node.Container("c1");
        using var shell = node.Host.Run(() => System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" >&-", Path.Join(CniExecutables.Path, "bridge")])
        {
            RedirectStandardInput = true,
            Environment =
            {
                ["CNI_COMMAND"] = "ADD", ["CNI_CONTAINERID"] = "c1", ["CNI_NETNS"] = node.PathOf("c1"), ["CNI_IFNAME"] = "eth0", ["CNI_PATH"] = CniExecutables.Path,
            },
        })!);
        shell.StandardInput.Write(node.Config());
        shell.StandardInput.Close();
        shell.WaitForExit();
        Assert.NotEqual(0, shell.ExitCode);
    }

    [Fact]
    public void Executable_WithoutCommand_TellsWhatItIs()
    {
        using var node = new Node();
        var answer = node.Run("bridge", string.Empty, string.Empty);
        Assert.Equal(0, answer.Exit);
        Assert.Empty(answer.Stdout);
        Assert.Contains("1.1.0", answer.Stderr);
        Assert.Equal(7, node.Run("host-local", "VERSION", "{}").Succeeds().Json.GetProperty("supportedVersions").GetArrayLength());
    }

    [Fact]
    public void Stdin_IsHuge_IsAnErrorObject()
    {
        using var node = new Node();
        node.Add("c1", "{\"name\":\"" + new string('a', (2 << 20) - 100) + "\"}").Fails(7);
        node.Add("c1", "{\"name\":\"" + new string('a', 8 << 20) + "\"}").Fails(5);
        node.Add("c1", string.Concat(Enumerable.Repeat("[", 100_000))).Fails(6);
        node.IsUntouched();
    }

    [Fact]
    public void Killed_DuringDel_AnotherDelLeavesNothing()
    {
        using var node = new Node();
        var config = node.Config(",\"ipMasq\":true");
        var random = new Random(2);
        for (var i = 0; i < 40; i++)
        {
            node.Add("c1", config).Succeeds();
            using (var process = node.Start("bridge", "DEL", config, "c1"))
            {
                Thread.Sleep(TimeSpan.FromMicroseconds(random.Next(0, 5000)));
                process.Kill();
                process.WaitForExit();
            }

            node.Del("c1", config).Succeeds();
            Assert.Empty(node.Veths());
            Assert.Empty(node.Leases());
            Assert.Empty(node.MasqueradeOwners());
        }
    }

    [Fact]
    public void Killed_AtAnyMoment_DelOrAnotherAddLeavesNothing()
    {
        using var node = new Node();
        var config = node.Config(",\"ipMasq\":true", node.Ipam("\"ranges\":[[{\"subnet\":\"10.77.0.0/24\"}],[{\"subnet\":\"fd77::/64\"}]]"));
        var random = new Random(1);
        for (var i = 0; i < 60; i++)
        {
            node.Container("c1");
            using (var process = node.Start("bridge", "ADD", config, "c1"))
            {
                // An ADD takes about 4 ms.
                Thread.Sleep(TimeSpan.FromMicroseconds(random.Next(0, 6000)));
                process.Kill();
                process.WaitForExit();
            }

            if (i % 3 == 0)
            {
                node.Add("c1", config).Succeeds();
            }
            else if (i % 3 == 1)
            {
                node.RemoveContainer("c1");
            }

            node.Del("c1", config).Succeeds();
            Assert.Empty(node.Veths());
            Assert.Empty(node.Leases());
            Assert.Empty(node.MasqueradeOwners());
        }
    }
}
