using System.Buffers;
using System.Text.Json;
using Podwire.Cni.Ipam;
using Podwire.Fuzz;

namespace Podwire.Cni.Tests;

/// <summary>Every decoder of what others wrote, over mutations of what it is made for: it reads, or fails with a code. Half a second each.</summary>
[Trait("fuzz", "yes")]
public class FuzzTests
{
    private const string Config = """
        {"cniVersion":"1.1.0","name":"pods","type":"bridge","ipam":{"type":"host-local","ranges":[[{"subnet":"10.0.0.0/24","rangeStart":"10.0.0.9","gateway":"10.0.0.1"}],[{"subnet":"fd00::/64"}]],
        "routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1","mtu":1400,"table":5}],"dataDir":"/x"},"dns":{"nameservers":["1.1.1.1"],"search":["a"]},"args":{"cni":{"ips":["10.0.0.15"]}},
        "runtimeConfig":{"ipRanges":[[{"subnet":"10.1.0.0/24"}]]},"cni.dev/valid-attachments":[{"containerID":"a","ifname":"eth0"}],
        "prevResult":{"cniVersion":"1.1.0","interfaces":[{"name":"eth0","mac":"0a:00:00:00:00:01","mtu":5,"sandbox":"/x"}],"ips":[{"interface":0,"address":"10.0.0.2/24","gateway":"10.0.0.1"}],"ip4":{"ip":"10.0.0.2/24"}}}
        """;

    private const string List = """{"cniVersion":"1.0.0","cniVersions":["1.1.0"],"name":"pods","disableCheck":"true","plugins":[{"type":"a","capabilities":{"mac":true}},{"type":"b"}]}""";

    private static readonly string[] Results =
    [
        """{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/24","gateway":"10.0.0.1","routes":[{"dst":"0.0.0.0/0"}]},"ip6":{"ip":"::1/128","routes":[]},"dns":{}}""",
        """{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/24"}],"routes":[{"dst":"::/0"}],"dns":{"options":["a"]}}""",
        """{"cniVersion":"1.1.0","interfaces":[{"name":"eth0","mac":"0a:00:00:00:00:01","mtu":5,"sandbox":"/x","pciID":"0000:00:01.0","socketPath":"/s"}],"ips":[{"interface":0,"address":"fd00::2/64"}],"routes":[{"dst":"::/0","mtu":1,"advmss":2,"priority":3,"table":4,"scope":5}]}""",
    ];

    [Fact]
    public void NetworkConfig_AnyBytes_ReadsOrFailsWithACode() => Fuzz("network configuration", bytes => _ = NetworkConfig.Parse(bytes).ValidAttachments, Config);

    [Fact]
    public void HostLocalConfig_AnyBytes_ReadsOrFailsWithACode() => Fuzz(
        "host-local configuration",
        bytes => HostLocalConfig.Parse(new PluginCall { Command = CniCommand.Add, Config = NetworkConfig.Parse(bytes), Delegates = null! }),
        Config);

    [Fact]
    public void PrevResult_AnyBytes_ReadsOrFailsWithACode() => Fuzz(
        "prevResult", bytes => _ = NetworkConfig.Parse(bytes).PrevResult, [Config, .. Results.Select(r => $$"""{"cniVersion":"1.1.0","name":"n","prevResult":{{r}}}""")]);

    [Fact]
    public void NetworkConfigList_AnyBytes_ReadsOrFailsWithACode() => Fuzz("network configuration list", bytes => NetworkConfigList.Parse(bytes), List, Config);

    [Fact]
    public void Result_AnyBytes_WhatIsReadCanBeWrittenInEveryVersionAndReadAgain() => Fuzz(
        "result",
        bytes =>
        {
            var result = CniResultReader.Parse(bytes);
            foreach (var version in CniVersion.Supported)
            {
                CniResultReader.Parse(CniResultWriter.ToJson(result, version));
            }
        },
        Results);

    [Fact]
    public void Args_AnyText_ReadsOrFailsWithACode() => Fuzz("CNI_ARGS", bytes => CniArgs.Parse(Text.Of(bytes)), "IgnoreUnknown=1;K8S_POD_NAME=a;IP=10.0.0.1;MAC=0a:00:00:00:00:01");

    [Fact]
    public void Set_AnyBytes_EditsOrFailsWithACode() => Fuzz(
        "setting keys",
        bytes => CniJson.Set(CniJson.Set(bytes, new KeyValuePair<string, ReadOnlyMemory<byte>>("prevResult", Text.Utf8("{}")))),
        Config);

    [Fact]
    public void CachedAttachment_AnyBytes_ReadsOrIsNone() => Fuzzer.Run(
        "cached attachment",
        [Text.Utf8("""{"kind":"cniCacheV1","containerId":"c1","config":"e30=","ifName":"eth0","networkName":"pods","cniArgs":[["K8S_POD_NAME","a"]],"capabilityArgs":{"mac":"0a:00:00:00:00:01"},"result":{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/24"}]}}""")],
        bytes => _ = ResultCache.Parse(bytes)?.Result,
        e => e is CniException or FormatException);

    [Fact]
    public void ResolvConf_AnyText_IsRead() => Fuzz("resolv.conf", bytes => ResolvConf.Parse(Text.Of(bytes)), "# c\nnameserver 10.0.0.1\nsearch a.b c\noptions ndots:5\ndomain d\n");

    [Fact]
    public void LeaseFiles_AnyBytes_AreALeaseOrReclaimed()
    {
        using var folder = new TempFolder();
        var config = new HostLocalConfig { Network = "pods", DataDir = folder.Path, Sets = [new IpRangeSet([IpRange.Create(Primitives.IpPrefix.Parse("10.0.0.0/29"))])] };
        var id = new AttachmentId("c1", "eth0");
        HostLocalAllocator.Add(config, id);
        HostLocalAllocator.Del(folder.Path, "pods", id);
        Fuzz(
            "lease and last address",
            bytes =>
            {
                File.WriteAllBytes(folder["pods/10.0.0.3"], bytes);
                File.WriteAllBytes(folder["pods/last_reserved_ip.0"], bytes);
                HostLocalAllocator.Add(config, id);
                HostLocalAllocator.Gc(folder.Path, "pods", []);
                Assert.Equal(["last_reserved_ip.0", "lock"], Directory.GetFiles(folder["pods"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
            },
            "other\r\neth0",
            "10.0.0.4",
            "old");
    }

    [Fact]
    public void Stdin_AnyBytes_IsAnsweredWithAResultOrAnErrorObject()
    {
        var delegates = new PluginDelegates(new PluginRegistry(), "/nonexistent");
        string[] commands = ["DEL", "GC", "STATUS", "VERSION"];
        var turn = 0;
        Fuzz(
            "stdin of a plugin",
            bytes =>
            {
                var stdout = new ArrayBufferWriter<byte>();
                var environment = new PluginEnvironment { Command = commands[turn++ % commands.Length], ContainerId = "c1", NetNs = "/nonexistent", IfName = "eth0", Path = "/nonexistent" };
                var exit = PluginDispatcher.Answer(new RecordingPlugin(), environment, () => bytes, delegates, stdout);
                if (exit != 0)
                {
                    using var error = JsonDocument.Parse(stdout.WrittenMemory);
                    Assert.NotEqual(0, error.RootElement.GetProperty("code").GetInt32());
                    Assert.NotEmpty(error.RootElement.GetProperty("msg").GetString()!);
                }
                else if (stdout.WrittenCount > 0)
                {
                    JsonDocument.Parse(stdout.WrittenMemory).Dispose();
                }
            },
            Config);
    }

    private static void Fuzz(string name, Action<byte[]> decode, params string[] samples) =>
        Fuzzer.Run(name, [.. samples.Select(s => Text.Utf8(s))], decode, static e => e is CniException);
}
