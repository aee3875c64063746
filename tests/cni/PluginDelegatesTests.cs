namespace Podwire.Cni.Tests;

public class PluginDelegatesTests
{
    private static PluginCall Call(TempFolder folder, IPluginDelegates delegates) => new()
    {
        Command = CniCommand.Add,
        Config = NetworkConfig.Parse(Text.Utf8("""{"cniVersion":"1.0.0","name":"n"}""")),
        ContainerId = "c1",
        NetNs = "/run/netns/x",
        IfName = "eth0",
        Args = CniArgs.Parse("MAC=0a:00:00:00:00:01"),
        Path = ["/nonexistent", folder.Path],
        Delegates = delegates,
    };

    [Fact]
    public void Add_SameFileAsOurs_RunsInProcess()
    {
        using var folder = new TempFolder();
        var ours = folder.Script("ours", "exit 1");
        File.CreateSymbolicLink(folder["ipam"], ours);
        var plugin = new RecordingPlugin();
        var delegates = new PluginDelegates(new PluginRegistry().Add("ipam", () => plugin), ours);
        Assert.Same(plugin.Result, delegates.Add("ipam", Call(folder, delegates)));
        delegates.Invoke(CniCommand.Del, "ipam", Call(folder, delegates));
        Assert.Equal([CniCommand.Add, CniCommand.Del], plugin.Calls.Select(c => c.Command));
    }

    [Fact]
    public void Add_AnotherFile_IsExecutedWithTheEnvironmentAndTheConfig()
    {
        using var folder = new TempFolder();
        folder.Script("ipam", $$"""
            cat > {{folder["stdin"]}}
            env | grep ^CNI_ | sort > {{folder["env"]}}
            echo '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.7/24"}]}'
            """);
        var delegates = new PluginDelegates(new PluginRegistry().Add("ipam", () => new RecordingPlugin()), "/nonexistent");
        var result = delegates.Add("ipam", Call(folder, delegates));
        Assert.Equal("10.0.0.7/24", Assert.Single(result.Ips).Address.ToString());
        Assert.Equal("""{"cniVersion":"1.0.0","name":"n"}""", File.ReadAllText(folder["stdin"]));
        Assert.Equal(
            $"CNI_ARGS=MAC=0a:00:00:00:00:01\nCNI_COMMAND=ADD\nCNI_CONTAINERID=c1\nCNI_IFNAME=eth0\nCNI_NETNS=/run/netns/x\nCNI_PATH=/nonexistent:{folder.Path}\n",
            File.ReadAllText(folder["env"]));
    }

    [Fact]
    public void Invoke_DelegateFails_ItsErrorComesThrough()
    {
        using var folder = new TempFolder();
        folder.Script("ipam", """echo '{"cniVersion":"1.0.0","code":11,"msg":"later","details":"busy"}'; exit 3""");
        var delegates = new PluginDelegates(new PluginRegistry(), "/nonexistent");
        var e = Text.Fails(CniErrorCode.TryAgainLater, () => delegates.Invoke(CniCommand.Del, "ipam", Call(folder, delegates)));
        Assert.Equal("later", e.Message);
        Assert.Equal("busy", e.Details);
    }

    [Theory]
    [InlineData("exit 0")]
    [InlineData("echo nonsense; exit 1")]
    [InlineData("kill -9 $$")]
    public void Add_DelegateBreaksTheProtocol_IsCode104(string body)
    {
        using var folder = new TempFolder();
        folder.Script("ipam", body);
        var delegates = new PluginDelegates(new PluginRegistry(), "/nonexistent");
        Text.Fails(CniErrorCode.DelegateFailed, () => delegates.Add("ipam", Call(folder, delegates)));
    }

    [Fact]
    public void Add_NotInPath_IsCode104()
    {
        using var folder = new TempFolder();
        var delegates = new PluginDelegates(new PluginRegistry(), "/nonexistent");
        Text.Fails(CniErrorCode.DelegateFailed, () => delegates.Add("ipam", Call(folder, delegates)));
        Text.Fails(CniErrorCode.InvalidNetworkConfig, () => delegates.Add("../ipam", Call(folder, delegates)));
    }
}
