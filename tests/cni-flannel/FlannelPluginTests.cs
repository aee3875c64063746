using System.Text;
using System.Text.Json.Nodes;
using Podwire.Cni;
using Podwire.CniFlannel.Plugin;

namespace Podwire.CniFlannel.Tests;

public sealed class FlannelPluginTests : IDisposable
{
    private const string Env = "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n";
    private readonly string directory = Directory.CreateTempSubdirectory("flannel-plugin-").FullName;
    private readonly Recorder recorder = new();

    public FlannelPluginTests() => File.WriteAllText(SubnetFile, Env);

    private string SubnetFile => Path.Combine(directory, "subnet.env");

    private string DataDir => Path.Combine(directory, "data");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Add_FlannelsOwnConflist_CallsTheBridgeWithItsDefaults()
    {
        new FlannelPlugin().Add(Call("""{"cniVersion":"1.0.0","name":"cbr0","type":"flannel","delegate":{"hairpinMode":true,"isDefaultGateway":true}}"""));
        var (command, type, config) = Assert.Single(recorder.Calls);
        Assert.Equal((CniCommand.Add, "bridge"), (command, type));
        Same(
            """
            {"hairpinMode":true,"isDefaultGateway":true,"cniVersion":"1.0.0","name":"cbr0","type":"bridge","ipMasq":false,"mtu":1450,"isGateway":true,
             "ipam":{"type":"host-local","ranges":[[{"subnet":"10.244.1.0/24"}]],"routes":[{"dst":"10.244.0.0/16"}]}}
            """,
            config);
        Same(config, File.ReadAllText(Path.Combine(DataDir, "c1")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(DataDir, "c1")));
    }

    [Fact]
    public void Add_DelegateSaysOtherwise_ItsWordCounts()
    {
        File.WriteAllText(SubnetFile, Env.Replace("IPMASQ=true", "IPMASQ=false", StringComparison.Ordinal));
        new FlannelPlugin().Add(Call("""
            {"cniVersion":"1.0.0","name":"net","type":"flannel","delegate":{"type":"ptp","mtu":1300},
             "ipam":{"type":"static","dataDir":"/x","routes":[{"dst":"192.0.2.0/24","gw":"10.244.1.9"}]},"runtimeConfig":{"mac":"0a:00:00:00:00:01"}}
            """));
        var (_, type, config) = Assert.Single(recorder.Calls);
        Assert.Equal("ptp", type);
        Same(
            """
            {"type":"ptp","mtu":1300,"cniVersion":"1.0.0","name":"net","ipMasq":true,"runtimeConfig":{"mac":"0a:00:00:00:00:01"},
             "ipam":{"type":"static","dataDir":"/x","ranges":[[{"subnet":"10.244.1.0/24"}]],
                     "routes":[{"dst":"192.0.2.0/24","gw":"10.244.1.9"},{"dst":"10.244.0.0/16"}]}}
            """,
            config);
    }

    [Fact]
    public void Add_DualStack_GivesARangeOfEachFamily()
    {
        File.WriteAllText(SubnetFile, Env + "FLANNEL_IPV6_NETWORK=fd00:10:244::/48\nFLANNEL_IPV6_SUBNET=fd00:10:244:1::1/64\n");
        new FlannelPlugin().Add(Call("""{"cniVersion":"1.0.0","name":"net","type":"flannel"}"""));
        var ipam = JsonNode.Parse(Assert.Single(recorder.Calls).Config)!["ipam"]!;
        Assert.Equal("""[[{"subnet":"10.244.1.0/24"}],[{"subnet":"fd00:10:244:1::/64"}]]""", ipam["ranges"]!.ToJsonString());
        Assert.Equal("""[{"dst":"10.244.0.0/16"},{"dst":"fd00:10:244::/48"}]""", ipam["routes"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"name":"x"}""")]
    [InlineData("""{"ipam":{}}""")]
    public void Add_DelegateWithAKeyOfOurs_IsRefused(string @delegate)
    {
        var error = Assert.Throws<CniException>(() => new FlannelPlugin().Add(Call("""{"cniVersion":"1.0.0","name":"net","type":"flannel","delegate":@}""".Replace("@", @delegate, StringComparison.Ordinal))));
        Assert.Equal(CniErrorCode.InvalidNetworkConfig, error.Code);
        Assert.Empty(recorder.Calls);
        Assert.False(Directory.Exists(DataDir));
    }

    [Fact]
    public void Add_AgentNotReady_SaysTryAgainLater()
    {
        File.Delete(SubnetFile);
        var error = Assert.Throws<CniException>(() => new FlannelPlugin().Add(Call("""{"cniVersion":"1.0.0","name":"net","type":"flannel"}""")));
        Assert.Equal(CniErrorCode.TryAgainLater, error.Code);
        error = Assert.Throws<CniException>(() => new FlannelPlugin().Status(Call("""{"cniVersion":"1.1.0","name":"net","type":"flannel"}""")));
        Assert.Equal(CniErrorCode.PluginNotAvailable, error.Code);
    }

    [Theory]
    [InlineData("FLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n", "FLANNEL_NETWORK")]
    [InlineData("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n", "FLANNEL_SUBNET")]
    [InlineData("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_IPMASQ=true\n", "FLANNEL_MTU")]
    [InlineData("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=x\nFLANNEL_IPMASQ=true\n", "FLANNEL_MTU 'x'")]
    [InlineData("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n", "'10.244.1.1'")]
    public void Add_SubnetFileUnusable_NamesTheKey(string text, string words)
    {
        File.WriteAllText(SubnetFile, text);
        var error = Assert.Throws<CniException>(() => new FlannelPlugin().Add(Call("""{"cniVersion":"1.0.0","name":"net","type":"flannel"}""")));
        Assert.Equal(CniErrorCode.InvalidNetworkConfig, error.Code);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_DelegateFails_KeepsNothing()
    {
        recorder.Failure = new CniException(CniErrorCode.KernelRefused, "no");
        Assert.Same(recorder.Failure, Assert.Throws<CniException>(() => new FlannelPlugin().Add(Call("""{"cniVersion":"1.0.0","name":"net","type":"flannel"}"""))));
        Assert.Empty(Directory.GetFiles(DataDir));
    }

    [Fact]
    public void Del_AfterTheSubnetChanged_UndoesWhatAddDid()
    {
        const string Config = """{"cniVersion":"1.0.0","name":"net","type":"flannel"}""";
        new FlannelPlugin().Add(Call(Config));
        File.WriteAllText(SubnetFile, Env.Replace("10.244.1.", "10.244.7.", StringComparison.Ordinal));
        new FlannelPlugin().Del(Call(Config));
        Assert.Equal(CniCommand.Del, recorder.Calls[1].Command);
        Assert.Contains("10.244.1.0/24", recorder.Calls[1].Config, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(DataDir));
    }

    [Fact]
    public void Del_WithoutASavedConfiguration_UsesWhatAddWouldSay_AndIsSilentWithoutThatToo()
    {
        const string Config = """{"cniVersion":"1.0.0","name":"net","type":"flannel"}""";
        new FlannelPlugin().Del(Call(Config));
        Assert.Equal((CniCommand.Del, "bridge"), (recorder.Calls[0].Command, recorder.Calls[0].Type));
        File.Delete(SubnetFile);
        new FlannelPlugin().Del(Call(Config));
        Assert.Single(recorder.Calls);
    }

    [Fact]
    public void Del_DelegateFails_KeepsTheConfigurationForTheNextTry()
    {
        const string Config = """{"cniVersion":"1.0.0","name":"net","type":"flannel"}""";
        new FlannelPlugin().Add(Call(Config));
        recorder.Failure = new CniException(CniErrorCode.TryAgainLater, "later");
        Assert.Throws<CniException>(() => new FlannelPlugin().Del(Call(Config)));
        Assert.Single(Directory.GetFiles(DataDir));
    }

    [Fact]
    public void Check_PassesTheSavedConfigurationWithPrevResult()
    {
        const string Config = """{"cniVersion":"1.0.0","name":"net","type":"flannel"}""";
        new FlannelPlugin().Add(Call(Config));
        new FlannelPlugin().Check(Call("""{"cniVersion":"1.0.0","name":"net","type":"flannel","prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.244.1.2/24"}]}}"""));
        var (command, _, config) = recorder.Calls[1];
        Assert.Equal(CniCommand.Check, command);
        Assert.Equal("10.244.1.2/24", (string?)JsonNode.Parse(config)!["prevResult"]!["ips"]![0]!["address"]);
    }

    [Fact]
    public void Gc_PassesTheValidAttachments_AndForgetsTheOthers()
    {
        const string Config = """{"cniVersion":"1.1.0","name":"net","type":"flannel"}""";
        new FlannelPlugin().Add(Call(Config, "kept"));
        new FlannelPlugin().Add(Call(Config, "gone"));
        new FlannelPlugin().Add(Call(Config.Replace("\"net\"", "\"other\"", StringComparison.Ordinal), "foreign"));
        new FlannelPlugin().Gc(Call("""{"cniVersion":"1.1.0","name":"net","type":"flannel","cni.dev/valid-attachments":[{"containerID":"kept","ifname":"eth0"}]}"""));
        var (command, _, config) = recorder.Calls[^1];
        Assert.Equal(CniCommand.Gc, command);
        Assert.Equal("""[{"containerID":"kept","ifname":"eth0"}]""", JsonNode.Parse(config)!["cni.dev/valid-attachments"]!.ToJsonString());
        Assert.Equal(["foreign", "kept"], Directory.GetFiles(DataDir).Select(Path.GetFileName).Order());
    }

    private static void Same(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"expected {expected}\nactual   {actual}");

    private PluginCall Call(string config, string container = "c1")
    {
        var node = (JsonObject)JsonNode.Parse(config)!;
        node["subnetFile"] = SubnetFile;
        node["dataDir"] = DataDir;
        return new PluginCall
        {
            Command = CniCommand.Add,
            Config = NetworkConfig.Parse(Encoding.UTF8.GetBytes(node.ToJsonString())),
            ContainerId = container,
            NetNs = "/run/netns/x",
            IfName = "eth0",
            Delegates = recorder,
        };
    }

    /// <summary>Notes what it is called with.</summary>
    private sealed class Recorder : IPluginDelegates
    {
        public List<(CniCommand Command, string Type, string Config)> Calls { get; } = [];

        public CniException? Failure { get; set; }

        public CniResult Add(string type, PluginCall call)
        {
            Invoke(CniCommand.Add, type, call);
            return new CniResult();
        }

        public void Invoke(CniCommand command, string type, PluginCall call)
        {
            Calls.Add((command, type, Encoding.UTF8.GetString(call.Config.Json.Span)));
            if (Failure is not null)
            {
                throw Failure;
            }
        }
    }
}
