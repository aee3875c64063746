using System.Text;
using Podwire.Cni;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;
using static Podwire.CniBridge.Tests.PortmapNode;

namespace Podwire.CniBridge.Tests;

/// <summary>Whose a host port is, and that nothing of it stays.</summary>
public class PortmapLifeTests
{
    private const string IptablesBackend = ",\"backend\":\"iptables\"";

    public static TheoryData<string> Backends => PortmapTests.Backends;

    [Theory]
    [MemberData(nameof(Backends))]
    public void Defect9_HostPortIsTaken_IsRefusedAndNamesTheOwner(string backend)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var (first, second) = (node.Attach("c1"), node.Attach("c2"));
        node.Portmap("ADD", "c1", Config(Mapping(8080, 80) + "," + Mapping(9090, 90, hostIp: "192.0.2.1"), backend, first)).Succeeds();
        foreach (var mapping in new[] { Mapping(8080, 81), Mapping(8080, 81, hostIp: "192.0.2.1"), Mapping(9090, 81, hostIp: "192.0.2.1"), Mapping(9090, 81) })
        {
            var refusal = node.Portmap("ADD", "c2", Config(Mapping(7000, 70) + "," + mapping, backend, second)).Fails(103).Stdout;
            Assert.Contains("c1", refusal);
        }

        node.Portmap("ADD", "c2", Config(Mapping(8080, 80, "udp") + "," + Mapping(9090, 90, hostIp: "10.77.0.1"), backend, second)).Succeeds();
        using var server = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        Assert.Equal("192.0.2.2", Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        node.Portmap("DEL", "c1", Config("", backend)).Succeeds();
        node.Portmap("ADD", "c2", Config(Mapping(8080, 81), backend, second)).Succeeds();
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_Again_ReplacesWhatTheAttachmentHad(string backend)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var result = node.Attach("c1");
        using var server = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        node.Portmap("ADD", "c1", Config(Mapping(8080, 80) + "," + Mapping(8081, 80), backend, result)).Succeeds();
        var changed = Config(Mapping(8082, 80) + "," + Mapping(8081, 80), backend, result);
        Assert.NotEqual(0, node.Portmap("CHECK", "c1", changed).Exit);
        node.Portmap("ADD", "c1", changed).Succeeds();
        node.Portmap("ADD", "c1", changed).Succeeds();
        node.Portmap("CHECK", "c1", changed).Succeeds();
        Assert.Null(Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        Assert.NotNull(Traffic.SeenFrom(outside, "192.0.2.1", 8081));
        Assert.NotNull(Traffic.SeenFrom(outside, "192.0.2.1", 8082));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_AddressOfAContainerThatIsGone_TakesItsPortsOver(string backend)
    {
        using var node = new Node();
        var result = node.Attach("c1");
        node.Portmap("ADD", "c1", Config(Mapping(8080, 80), backend, result)).Succeeds();
        node.Container("c9");
        node.Portmap("ADD", "c9", Config(Mapping(8080, 80), backend, result)).Succeeds();
        node.Portmap("CHECK", "c9", Config(Mapping(8080, 80), backend, result)).Succeeds();
        node.Portmap("DEL", "c1", Config("", backend)).Succeeds();
        node.Portmap("CHECK", "c9", Config(Mapping(8080, 80), backend, result)).Succeeds();
    }

    [Fact]
    public void Add_AddressOfAContainerThatIsGoneWithOtherPorts_ClosesThose()
    {
        using var node = new Node();
        var result = node.Attach("c1");
        node.Portmap("ADD", "c1", Config(Mapping(8080, 80) + "," + Mapping(8081, 80, hostIp: "192.0.2.1"), previous: result)).Succeeds();
        node.Container("c9");
        node.Portmap("ADD", "c9", Config(Mapping(9090, 90), previous: result)).Succeeds();
        Assert.All(node.PortOwners(), owner => Assert.Contains("c9", owner));
    }

    [Fact]
    public void Add_AmongThousandsOfHostPorts_MakesTheSameCallsAsAmongNone()
    {
        Assert.SkipUnless(File.Exists(Strace.Program), "lacks: strace");
        using var node = new Node();
        var result = node.Attach("c1");
        var config = Config(Mapping(8080, 80) + "," + Mapping(8081, 81, hostIp: "192.0.2.1"), previous: result);
        node.Portmap("ADD", "c1", config).Succeeds();
        node.Portmap("DEL", "c1", config).Succeeds();
        var alone = Strace.Count(node, "portmap", "ADD", config, "c1", "recvfrom");
        node.Portmap("DEL", "c1", config).Succeeds();

        // Somebody else's, as an ADD of theirs leaves them.
        var (table, others) = (new TableId(TableFamily.Ip, "podwire-cni-portmap"), new List<SetElement>());
        for (ushort port = 20000; port < 25000; port++)
        {
            others.Add(SetElement.Map(
                NftData.Of(NftScalar.Protocol(IpProtocol.Tcp), NftScalar.Port(port)),
                NftData.Of(NftScalar.Address(IpAddress.Parse("10.77.0.200")), NftScalar.Port(80)),
                "podwire:net/other/eth0"));
        }

        using var nft = NftSocket.Open(node.Host);
        var ports = nft.ListSets(table).Single(s => s.Name == "ports");
        nft.Apply(new NftBatch().AddElements(table, ports, [.. others]));
        Assert.Equal(alone, Strace.Count(node, "portmap", "ADD", config, "c1", "recvfrom"));
        node.Portmap("CHECK", "c1", config).Succeeds();
        Assert.Contains("other", node.Portmap("ADD", "c2", Config(Mapping(20007, 80), previous: node.Attach("c2"))).Fails(103).Stdout);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_OneContainerOnTwoNetworks_TheFirstHasThePort(string backend)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var first = node.Attach("c1");
        var other = node.Config(",\"isDefaultGateway\":false", node.Ipam("\"subnet\":\"10.78.0.0/24\""), name: "other", bridge: "br-two");
        var second = node.Run("bridge", "ADD", other, "c1", ifName: "eth1").Succeeds().Stdout;
        node.Portmap("ADD", "c1", Config(Mapping(8080, 80), backend, first)).Succeeds();
        var config = Config(Mapping(8080, 80), backend, second, "other");
        node.Run("portmap", "ADD", config, "c1", ifName: "eth1").Succeeds();
        node.Run("portmap", "CHECK", config, "c1", ifName: "eth1").Succeeds();
        using var server = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        Assert.NotNull(Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        node.Run("portmap", "DEL", config, "c1", ifName: "eth1").Succeeds();
        node.Portmap("CHECK", "c1", Config(Mapping(8080, 80), backend, first)).Succeeds();
        Assert.NotNull(Traffic.SeenFrom(outside, "192.0.2.1", 8080));
    }

    [Fact]
    public void Check_AnythingIsMissing_IsCode102()
    {
        using var node = new Node();
        var config = Config(Mapping(8080, 80), previous: node.Attach("c1"));
        node.Portmap("CHECK", "c1", config).Fails(102);
        foreach (var set in new[] { "ports", "sources" })
        {
            node.Portmap("ADD", "c1", config).Succeeds();
            node.Portmap("CHECK", "c1", config).Succeeds();
            using var nft = NftSocket.Open(node.Host);
            var table = new TableId(TableFamily.Ip6, "podwire-cni-portmap");
            var map = nft.ReadTable(table)!.FindSet(set)!;
            nft.Apply(new NftBatch().DeleteElements(table, map, map.Elements.Single()));
            node.Portmap("CHECK", "c1", config).Fails(102);
        }

        node.Portmap("ADD", "c1", config).Succeeds();
        using (var nft = NftSocket.Open(node.Host))
        {
            nft.Apply(new NftBatch().Add(new FlushChain(new TableId(TableFamily.Ip, "podwire-cni-portmap"), "prerouting")));
        }

        Assert.Contains("prerouting", node.Portmap("CHECK", "c1", config).Fails(102).Stdout);
        node.Portmap("ADD", "c1", config).Succeeds();
        node.Portmap("CHECK", "c1", config).Succeeds();
        node.Run("portmap", "CHECK", Config(Mapping(8080, 80))).Fails(7);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Gc_CollectsTheNetworksPortsThatAreNotValid(string backend)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        node.Portmap("ADD", "c1", Config(Mapping(8081, 80), backend, node.Attach("c1"))).Succeeds();
        node.Portmap("ADD", "c2", Config(Mapping(8082, 80), backend, node.Attach("c2"))).Succeeds();
        node.Portmap("ADD", "c3", Config(Mapping(8083, 80), backend, node.Attach("c3"), "other")).Succeeds();
        using var one = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        using var two = Traffic.Serve(node.Container("c2"), "10.77.0.3", 80);
        using var three = Traffic.Serve(node.Container("c3"), "10.77.0.4", 80);
        node.Portmap("GC", "c1", Config("", backend)).Fails(7);
        node.Portmap("GC", "c1", Config("", backend + ",\"cni.dev/valid-attachments\":[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]")).Succeeds();
        Assert.Null(Traffic.SeenFrom(outside, "192.0.2.1", 8081));
        Assert.NotNull(Traffic.SeenFrom(outside, "192.0.2.1", 8082));
        Assert.NotNull(Traffic.SeenFrom(outside, "192.0.2.1", 8083));
    }

    [Fact]
    public void Del_WithoutNamespaceResultOrPorts_RemovesAll()
    {
        using var node = new Node();
        node.Portmap("ADD", "c1", Config(Mapping(8080, 80), previous: node.Attach("c1"))).Succeeds();
        Assert.Equal(6, node.PortOwners().Length);
        node.RemoveContainer("c1");
        node.Run("portmap", "DEL", """{"cniVersion":"1.0.0","name":"net","type":"portmap"}""", "c1", netNs: string.Empty).Succeeds();
        Assert.Empty(node.PortOwners());
        node.Run("portmap", "DEL", """{"cniVersion":"1.0.0","name":"net","type":"portmap"}""", "c1", netNs: string.Empty).Succeeds();
    }

    [Fact]
    public void Status_BothBackends_Succeed()
    {
        using var node = new Node();
        node.Portmap("STATUS", "c1", Config("")).Succeeds();
        node.Portmap("STATUS", "c1", Config("", ",\"backend\":\"iptables\"")).Succeeds();
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_SixteenWide_EachGetsItsPortAndAllGo(string backend)
    {
        using var node = new Node();
        var results = Enumerable.Range(0, 32).ToDictionary(n => $"c{n}", n => node.Attach($"c{n}"));
        foreach (var answer in results.AsParallel().WithDegreeOfParallelism(16).Select(r => node.Portmap("ADD", r.Key, Config(Mapping(8000 + int.Parse(r.Key[1..]), 80), backend, r.Value))).ToList())
        {
            answer.Succeeds();
        }

        foreach (var (container, result) in results)
        {
            node.Portmap("CHECK", container, Config(Mapping(8000 + int.Parse(container[1..]), 80), backend, result)).Succeeds();
        }

        foreach (var answer in results.Keys.AsParallel().WithDegreeOfParallelism(16).Select(c => node.Portmap("DEL", c, Config("", backend))).ToList())
        {
            answer.Succeeds();
        }

        Assert.Empty(node.PortOwners());
        Assert.DoesNotContain("CNI-DN-", Iptables.Save(node, "nat"));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_SixteenWideForOnePort_OneGetsIt(string backend)
    {
        using var node = new Node();
        var results = Enumerable.Range(0, 16).ToDictionary(n => $"c{n}", n => node.Attach($"c{n}"));
        var answers = results.AsParallel().WithDegreeOfParallelism(16).Select(r => node.Portmap("ADD", r.Key, Config(Mapping(8080, 80), backend, r.Value))).ToList();
        Assert.Single(answers, a => a.Exit == 0);
        Assert.All(answers.Where(a => a.Exit != 0), a => a.Fails(103));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Killed_AtAnyMoment_DelGcOrAnotherAddLeavesNothing(string backend)
    {
        using var node = new Node();
        var result = node.Attach("c1");
        var config = Config(Mapping(8080, 80) + "," + Mapping(5353, 53, "udp"), backend, result);
        var random = new Random(3);
        var longest = backend.Contains("iptables", StringComparison.Ordinal) ? 60_000 : 6_000;
        for (var i = 0; i < 30; i++)
        {
            var kills = i % 4 == 3 ? "DEL" : "ADD";
            if (kills == "DEL")
            {
                node.Portmap("ADD", "c1", config).Succeeds();
            }

            using (var process = node.Start("portmap", kills, config, "c1"))
            {
                Thread.Sleep(TimeSpan.FromMicroseconds(random.Next(0, longest)));
                process.Kill();
                process.WaitForExit();
            }

            if (i % 3 == 0)
            {
                node.Portmap("ADD", "c1", config).Succeeds();
                node.Portmap("CHECK", "c1", config).Succeeds();
            }

            if (i % 2 == 0)
            {
                node.Portmap("DEL", "c1", Config("", backend)).Succeeds();
            }
            else
            {
                node.Portmap("GC", "c1", Config("", backend + ",\"cni.dev/valid-attachments\":[]")).Succeeds();
            }

            Assert.Empty(node.PortOwners());
            Assert.DoesNotContain("CNI-DN-", Iptables.Save(node, "nat"));
        }
    }

    /// <summary>kill -9 ends the plugin, and not the program that it had started.</summary>
    [Fact]
    public void Killed_WhileIptablesRestoreWorks_DelWaitsForIt()
    {
        using var node = new Node();
        var config = Config(Mapping(8080, 80), IptablesBackend, node.Attach("c1"));
        var (folder, began, ended) = (Path.Join(node.Folder, "programs"), Path.Join(node.Folder, "began"), Path.Join(node.Folder, "ended"));
        Directory.CreateDirectory(folder);
        var slow = Path.Join(folder, "iptables-restore");
        File.WriteAllText(slow, $"#!/bin/sh\ntouch {began}; sleep 0.5; /usr/sbin/iptables-restore \"$@\"; touch {ended}\n");
        File.SetUnixFileMode(slow, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using (var process = node.Start("portmap", "ADD", config, "c1", programs: folder))
        {
            Assert.True(SpinWait.SpinUntil(() => File.Exists(began), TimeSpan.FromSeconds(20)));
            process.Kill();
            process.WaitForExit();
        }

        node.Portmap("DEL", "c1", Config("", IptablesBackend)).Succeeds();
        Assert.True(SpinWait.SpinUntil(() => File.Exists(ended), TimeSpan.FromSeconds(20)));
        Assert.DoesNotContain("CNI-DN-", Iptables.Save(node, "nat"));
    }

    [Fact]
    public void Runner_BridgeHostLocalPortmapFirewall_AttachesChecksAndDetaches()
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        node.Container("c1");
        var list = NetworkConfigList.Parse(Encoding.UTF8.GetBytes($$"""
            {"cniVersion":"1.1.0","name":"net","plugins":[
              {"type":"bridge","bridge":"br-test","isDefaultGateway":true,"ipMasq":true,"ipam":{{node.Ipam(Dual)}} },
              {"type":"portmap","capabilities":{"portMappings":true} },
              {"type":"firewall","ingressPolicy":"same-bridge"}]}
            """));
        var runner = new CniRunner(new CniRunnerOptions { PluginPath = [CniExecutables.Path], CacheDirectory = Path.Join(node.Folder, "cache") });
        var attachment = new CniAttachment
        {
            ContainerId = "c1",
            NetNs = node.PathOf("c1"),
            CapabilityArgs = new Dictionary<string, ReadOnlyMemory<byte>> { ["portMappings"] = Encoding.UTF8.GetBytes($"[{Mapping(8080, 80)}]") },
        };

        // The runner's threads, and with them the plugins, are where the one that begins them is.
        var result = node.Host.Run(() => runner.AddAsync(list, attachment).GetAwaiter().GetResult());
        Assert.Equal(2, result.Ips.Count);
        node.Host.Run(() => runner.CheckAsync(list, attachment).GetAwaiter().GetResult());
        node.Host.Run(() => runner.StatusAsync(list).GetAwaiter().GetResult());
        using var server = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        Assert.Equal("192.0.2.2", Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        node.Host.Run(() => runner.GcAsync(list, [new("c1", "eth0")]).GetAwaiter().GetResult());
        node.Host.Run(() => runner.CheckAsync(list, attachment).GetAwaiter().GetResult());
        node.Host.Run(() => runner.DelAsync(list, attachment).GetAwaiter().GetResult());
        Assert.Empty(node.PortOwners());
        Assert.Empty(node.MasqueradeOwners());
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
        Assert.DoesNotContain("10.77.0.2", Iptables.Save(node, "filter"));
    }
}
