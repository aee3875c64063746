using System.Diagnostics;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

public class HostDeviceTests
{
    private const string Mac = "0a:00:00:00:00:c1";

    private static Node WithCard()
    {
        var node = new Node();
        node.Route.AddLink(new VethSpec("card", "wire") { Up = true, Mac = MacAddress.Parse(Mac) });
        node.Route.SetLink("wire", new LinkChange { Up = true });
        return node;
    }

    private static string Ipam(Node node) => ",\"ipam\":" + node.Ipam("\"ranges\":[[{\"subnet\":\"10.77.0.0/24\"}],[{\"subnet\":\"fd77::/64\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"}]");

    [Theory]
    [InlineData(",\"device\":\"card\"")]
    [InlineData(",\"hwaddr\":\"" + Mac + "\"")]
    public void AddCheckDel_MovesTheDeviceInAndBack(string device)
    {
        using var node = WithCard();
        var config = Plugins.Config("host-device", device + Ipam(node), "1.1.0");
        var result = node.Add("c1", config, "host-device").Succeeds();
        Assert.Equal(["wire"], node.Links());
        var link = node.In("c1", s => s.GetLink("eth0"))!;
        Assert.Equal("card", link.Alias);
        Assert.Equal(Mac, link.Mac.ToString());
        Assert.True(link.IsUp);
        Assert.Equal(Mac, result.Json.GetProperty("interfaces")[0].GetProperty("mac").GetString());
        Assert.Equal(2, result.Json.GetProperty("ips").GetArrayLength());
        Assert.Equal(IpAddress.Parse("10.77.0.1"), node.In("c1", s => s.ListRoutes(IpFamily.V4)).Single(r => r.Destination.Length == 0).Gateway);
        node.Run("host-device", "CHECK", Node.With(config, result.Stdout)).Succeeds();

        // Exclusive: the next container does not get it.
        node.Add("c2", config, "host-device").Fails(7);
        node.Run("host-device", "STATUS", config).Fails(50);

        node.Del("c1", config, "host-device").Succeeds();
        Assert.Equal(["card", "wire"], node.Links());
        Assert.Null(node.In("c1", s => s.GetLink("eth0")));
        Assert.Empty(node.Leases());
        node.Del("c1", config, "host-device").Succeeds();
        node.Run("host-device", "STATUS", config).Succeeds();
        node.Add("c2", config, "host-device").Succeeds();
    }

    [Fact]
    public void Add_Fails_BringsTheDeviceBackAsItWas()
    {
        using var node = WithCard();
        node.Route.SetLink("card", new LinkChange { Alias = "uplink" });
        const string Bad = ",\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.1.0.5/24\"}],\"routes\":[{\"dst\":\"10.9.0.0/16\",\"gw\":\"192.0.2.1\"}]}";
        node.Add("c1", Plugins.Config("host-device", ",\"device\":\"card\"" + Bad), "host-device").Fails(100);
        var card = node.Route.GetLink("card")!;
        Assert.Equal("uplink", card.Alias);
        Assert.True(card.IsUp);
        Assert.Null(node.In("c1", s => s.GetLink("eth0")));
        Assert.Null(node.In("c1", s => s.GetLink("card")));
    }

    [Fact]
    public void Add_NameTaken_LeavesTheDeviceAndNoLease()
    {
        using var node = WithCard();
        node.Container("c1");
        node.In("c1", s =>
        {
            s.AddLink(new BridgeSpec("eth0"));
            return true;
        });
        var config = Plugins.Config("host-device", ",\"device\":\"card\"" + Ipam(node));
        node.Add("c1", config, "host-device").Fails(103);
        Assert.Equal(["card", "wire"], node.Links());
        Assert.Empty(node.Leases());
        node.Del("c1", config, "host-device").Succeeds();
        Assert.Equal("bridge", node.In("c1", s => s.GetLink("eth0"))!.Kind);
    }

    [Fact]
    public void Add_ContainerHasTheDevicesName_TakesTheNewOneAllTheSame()
    {
        using var node = WithCard();
        node.Container("c1");
        node.In("c1", s =>
        {
            s.AddLink(new BridgeSpec("card"));
            return true;
        });
        var config = Plugins.Config("host-device", ",\"device\":\"card\"");
        node.Add("c1", config, "host-device").Succeeds();
        Assert.Equal("veth", node.In("c1", s => s.GetLink("eth0"))!.Kind);
        node.Del("c1", config, "host-device").Succeeds();
        Assert.Equal("veth", node.Route.GetLink("card")!.Kind);
        Assert.Equal("bridge", node.In("c1", s => s.GetLink("card"))!.Kind);
    }

    [Fact]
    public void Add_AfterAKilledOne_BeginsAnew()
    {
        using var node = WithCard();
        var config = Plugins.Config("host-device", ",\"device\":\"card\"" + Ipam(node));
        var first = node.Add("c1", config, "host-device").Succeeds();
        Assert.Equal(first.Stdout, node.Add("c1", config, "host-device").Succeeds().Stdout);
        Assert.Equal(2, node.Leases().Length);
    }

    [Fact]
    public void Del_NamespaceEnded_RestoresTheNameOfADeviceThatCameBack()
    {
        using var node = WithCard();
        var config = Plugins.Config("host-device", ",\"device\":\"card\"" + Ipam(node), "1.1.0");
        node.Add("c1", config, "host-device").Succeeds();

        // What the kernel does with hardware when its namespace ends; the virtual device here would end with it.
        node.In("c1", s =>
        {
            s.SetLink(s.GetLink("eth0")!.Index, new LinkChange { Name = "dev0", Namespace = node.Host });
            return true;
        });
        node.RemoveContainer("c1");
        Assert.Equal(["dev0", "wire"], node.Links());
        node.Del("c1", config, "host-device").Succeeds();
        Assert.Equal(["card", "wire"], node.Links());
        Assert.Empty(node.Leases());

        node.Add("c2", config, "host-device").Succeeds();
        node.In("c2", s =>
        {
            s.SetLink(s.GetLink("eth0")!.Index, new LinkChange { Name = "dev0", Namespace = node.Host });
            return true;
        });
        node.RemoveContainer("c2");
        node.Run("host-device", "GC", config).Fails(7);
        node.Run("host-device", "GC", Plugins.Valid(config)).Succeeds();
        Assert.Equal(["card", "wire"], node.Links());
        Assert.Empty(node.Leases());
    }

    [Fact]
    public void Del_NameTakenOnTheNode_SaysSoAndKeepsTheDevice()
    {
        using var node = WithCard();
        var config = Plugins.Config("host-device", ",\"device\":\"card\"");
        node.Add("c1", config, "host-device").Succeeds();
        node.Route.AddLink(new BridgeSpec("card"));
        Assert.Contains("card", node.Del("c1", config, "host-device").Fails(103).Stdout);
        Assert.NotNull(node.In("c1", s => s.GetLink("eth0")));
        node.Route.DeleteLink("card");
        node.Del("c1", config, "host-device").Succeeds();
        Assert.Equal("veth", node.Route.GetLink("card")!.Kind);
    }

    [Theory]
    [InlineData("", 7)]
    [InlineData(",\"device\":\"nope\"", 7)]
    [InlineData(",\"device\":\"a/b\"", 7)]
    [InlineData(",\"hwaddr\":\"zz\"", 7)]
    [InlineData(",\"hwaddr\":\"0a:00:00:00:00:ff\"", 7)]
    [InlineData(",\"kernelpath\":\"/etc\"", 7)]
    [InlineData(",\"kernelpath\":\"/sys/devices/../../etc\"", 7)]
    [InlineData(",\"pciBusID\":\"../x\"", 7)]
    [InlineData(",\"pciBusID\":\"0000:ff:1f.7\"", 7)]
    [InlineData(",\"device\":7", 6)]
    public void Add_WrongInput_ChangesNothing(string more, int code)
    {
        using var node = WithCard();
        node.Add("c1", Plugins.Config("host-device", more + Ipam(node)), "host-device").Fails(code);
        Assert.Equal(["card", "wire"], node.Links());
        Assert.Empty(node.Leases());
    }

    [Fact]
    public void Check_KernelDiffers_IsCode102()
    {
        using var node = WithCard();
        var config = Plugins.Config("host-device", ",\"device\":\"card\"" + Ipam(node));
        config = Node.With(config, node.Add("c1", config, "host-device").Succeeds().Stdout);
        node.In("c1", s =>
        {
            s.SetLink("eth0", new LinkChange { Alias = "other" });
            return true;
        });
        Assert.Contains("other", node.Run("host-device", "CHECK", config).Fails(102).Stdout);
        node.In("c1", s =>
        {
            s.SetLink("eth0", new LinkChange { Alias = "card", Up = false });
            return true;
        });
        Assert.Contains("down", node.Run("host-device", "CHECK", config).Fails(102).Stdout);
    }

    /// <summary>A PCI device, a virtio device on one, an auxiliary device, and a path, in a sysfs of our own making.</summary>
    [Theory]
    [InlineData("net", ",\"pciBusID\":\"0000:01:00.0\"")]
    [InlineData("virtio3/net", ",\"pciBusID\":\"0000:01:00.0\"")]
    [InlineData("net", ",\"pciBusID\":\"0000:09:00.0\",\"runtimeConfig\":{\"deviceID\":\"0000:01:00.0\"}")]
    [InlineData("net", ",\"kernelpath\":\"/sys/bus/pci/devices/0000:01:00.0\"", 7)]
    public void Add_BusIdAndKernelPath_FindTheDevice(string folder, string device, int code = 0)
    {
        using var node = WithCard();
        var tree = Path.Join(node.Folder, "pci");
        Directory.CreateDirectory(Path.Join(tree, "0000:01:00.0", folder, "card"));
        var config = Plugins.Config("host-device", device, "1.1.0");
        var answer = WithSysfs(node, tree, "/sys/bus/pci/devices", config);
        if (code != 0)
        {
            answer.Fails(code);
            return;
        }

        Assert.Equal("0000:01:00.0", answer.Succeeds().Json.GetProperty("interfaces")[0].GetProperty("pciID").GetString());
        Assert.Equal("card", node.In("c1", s => s.GetLink("eth0"))!.Alias);
    }

    [Fact]
    public void Add_KernelPath_FindsTheDevice()
    {
        using var node = WithCard();
        var tree = Path.Join(node.Folder, "path");
        Directory.CreateDirectory(Path.Join(tree, "net", "card"));
        WithSysfs(node, tree, "/sys/devices/virtual/mem", Plugins.Config("host-device", ",\"kernelpath\":\"/sys/devices/virtual/mem\"")).Succeeds();
        Assert.Equal("card", node.In("c1", s => s.GetLink("eth0"))!.Alias);
    }

    [Fact]
    public void Add_DriverOfUserSpace_GivesAddressesOnly()
    {
        using var node = WithCard();
        var tree = Path.Join(node.Folder, "pci");
        Directory.CreateDirectory(Path.Join(tree, "0000:01:00.0"));
        Directory.CreateSymbolicLink(Path.Join(tree, "0000:01:00.0", "driver"), "../../../../bus/pci/drivers/vfio-pci");
        var result = WithSysfs(node, tree, "/sys/bus/pci/devices", Plugins.Config("host-device", ",\"pciBusID\":\"0000:01:00.0\"" + Ipam(node))).Succeeds().Json;
        Assert.Equal("10.77.0.2/24", result.GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.False(result.TryGetProperty("interfaces", out _));
        Assert.Equal(["card", "wire"], node.Links());
    }

    [Fact]
    public void Add_SameConfiguration_AnswersAndMovesAsTheReference()
    {
        Plugins.NeedReference("host-device");
        using var node = WithCard();
        foreach (var version in (string[])["0.3.1", "0.4.0", "1.0.0"])
        {
            var config = Plugins.Config("host-device", ",\"device\":\"card\",\"dns\":{\"search\":[\"a\"]}" + Ipam(node), version);
            var theirs = node.Add("c1", config, "host-device", path: CniExecutables.ReferencePath).Succeeds();
            var expected = Plugins.Comparable(theirs, node, "c1");
            if (version != "0.3.1")
            {
                node.Run("host-device", "CHECK", Node.With(config, theirs.Stdout)).Succeeds();
            }

            node.Del("c1", config, "host-device").Succeeds();
            Assert.Equal(["card", "wire"], node.Links());
            Assert.Empty(node.Leases());
            Array.ForEach(Directory.GetFiles(node.LeaseFolder, "last_reserved_ip.*"), File.Delete);

            var ours = node.Add("c1", config, "host-device");
            Assert.Equal(expected, Plugins.Comparable(ours, node, "c1"));
            if (version != "0.3.1")
            {
                node.Run("host-device", "CHECK", Node.With(config, ours.Stdout), path: CniExecutables.ReferencePath).Succeeds();
            }

            node.Del("c1", config, "host-device", CniExecutables.ReferencePath).Succeeds();
            Assert.Equal(["card", "wire"], node.Links());
            Assert.Empty(node.Leases());
            Array.ForEach(Directory.GetFiles(node.LeaseFolder, "last_reserved_ip.*"), File.Delete);
        }
    }

    /// <summary>Runs ADD in a mount namespace of its own in which a tree of ours lies over a folder of sysfs.</summary>
    private static Answer WithSysfs(Node node, string tree, string over, string config)
    {
        node.Container("c1");
        var start = new ProcessStartInfo("unshare", ["-m", "sh", "-c", "mount --bind \"$1\" \"$2\" && exec \"$3\"/host-device", "sh", tree, over, CniExecutables.Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CNI_COMMAND"] = "ADD";
        start.Environment["CNI_CONTAINERID"] = "c1";
        start.Environment["CNI_NETNS"] = node.PathOf("c1");
        start.Environment["CNI_IFNAME"] = "eth0";
        start.Environment["CNI_PATH"] = CniExecutables.Path;
        using var process = node.Host.Run(() => Process.Start(start)!);
        process.StandardInput.Write(config);
        process.StandardInput.Close();
        var stderr = process.StandardError.ReadToEndAsync();
        var stdout = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Answer(process.ExitCode, stdout, stderr.Result);
    }
}
