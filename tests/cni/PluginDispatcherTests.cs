using System.Buffers;
using System.Text.Json;

namespace Podwire.Cni.Tests;

public class PluginDispatcherTests
{
    private const string Config = """{"cniVersion":"1.1.0","name":"n","type":"t","cni.dev/valid-attachments":[]}""";

    // The test's own namespace is refused for ADD; PID 1's is another one only in a container, so namespaces are tested in tests/cni-bridge.
    private static readonly PluginEnvironment Environment = new()
    {
        Command = "DEL", ContainerId = "c1", NetNs = "/nonexistent", IfName = "eth0", Path = "/nonexistent",
    };

    private static (int Code, JsonElement? Output) Answer(IPlugin plugin, PluginEnvironment environment, string config = Config)
    {
        var stdout = new ArrayBufferWriter<byte>();
        var code = PluginDispatcher.Answer(plugin, environment, () => Text.Utf8(config), new PluginDelegates(new PluginRegistry(), "/nonexistent"), stdout);
        return (code, stdout.WrittenCount == 0 ? null : JsonDocument.Parse(stdout.WrittenMemory).RootElement);
    }

    private static void Refused(PluginEnvironment environment, CniErrorCode code, string config = Config)
    {
        var plugin = new RecordingPlugin();
        var (exit, output) = Answer(plugin, environment, config);
        Assert.Equal(1, exit);
        Assert.Equal((int)code, output!.Value.GetProperty("code").GetInt32());
        Assert.NotEmpty(output.Value.GetProperty("msg").GetString()!);
        Assert.NotEmpty(output.Value.GetProperty("cniVersion").GetString()!);
        Assert.Empty(plugin.Calls);
    }

    [Fact]
    public void Version_ListsAll()
    {
        var (exit, output) = Answer(new RecordingPlugin(), new PluginEnvironment { Command = "VERSION" }, "not read");
        Assert.Equal(0, exit);
        Assert.Equal(CniVersion.Supported.Select(v => v.ToString()), output!.Value.GetProperty("supportedVersions").EnumerateArray().Select(v => v.GetString()!));
    }

    [Fact]
    public void Del_NamespaceIsGone_IsCalledWithout()
    {
        var plugin = new RecordingPlugin();
        var (exit, output) = Answer(plugin, Environment);
        Assert.Equal(0, exit);
        Assert.Null(output);
        Assert.Null(Assert.Single(plugin.Calls).NetNs);
    }

    [Fact]
    public void Del_OwnNamespace_IsNotHandedToThePlugin()
    {
        var plugin = new RecordingPlugin();
        Answer(plugin, Environment with { NetNs = "/proc/self/ns/net" });
        Assert.Null(Assert.Single(plugin.Calls).NetNs);
    }

    [Theory]
    [InlineData("/proc/self/ns/net")]
    [InlineData("/proc/self/ns/mnt")]
    [InlineData("/proc/self/status")]
    [InlineData("/nonexistent")]
    [InlineData("/dev/null")]
    public void Add_NoUsableNamespace_IsCode8BeforeThePluginRuns(string path) =>
        Refused(Environment with { Command = "ADD", NetNs = path }, CniErrorCode.InvalidNetNs);

    [Fact]
    public void Gc_AndStatus_NeedNoAttachment()
    {
        var plugin = new RecordingPlugin();
        Assert.Equal(0, Answer(plugin, new PluginEnvironment { Command = "GC", Path = "/x" }).Code);
        Assert.Equal(0, Answer(plugin, new PluginEnvironment { Command = "STATUS", Path = "/x" }).Code);
        Assert.Equal([CniCommand.Gc, CniCommand.Status], plugin.Calls.Select(c => c.Command));
    }

    [Theory]
    [InlineData("GC", "1.0.0")]
    [InlineData("STATUS", "0.4.0")]
    [InlineData("CHECK", "0.3.1")]
    public void Command_VersionDoesNotHaveIt_IsCode1(string command, string version) =>
        Refused(Environment with { Command = command, NetNs = "/proc/self/ns/net" }, CniErrorCode.IncompatibleVersion, $$"""{"cniVersion":"{{version}}","name":"n"}""");

    [Fact]
    public void Environment_Invalid_IsCode4()
    {
        Refused(Environment with { Command = "add" }, CniErrorCode.InvalidEnvironment);
        Refused(Environment with { ContainerId = string.Empty }, CniErrorCode.InvalidEnvironment);
        Refused(Environment with { ContainerId = "../x" }, CniErrorCode.InvalidEnvironment);
        Refused(Environment with { IfName = "a/b" }, CniErrorCode.InvalidEnvironment);
        Refused(Environment with { Path = string.Empty }, CniErrorCode.InvalidEnvironment);
        Refused(Environment with { Args = "WHAT=1" }, CniErrorCode.InvalidEnvironment);
        Refused(Environment with { Command = "ADD", NetNs = string.Empty }, CniErrorCode.InvalidEnvironment);
    }

    [Fact]
    public void Config_Malformed_IsCode6() => Refused(Environment, CniErrorCode.DecodingFailure, "{");

    [Fact]
    public void Plugin_ThrowsAnything_IsAnErrorObjectInTheConfigsVersion()
    {
        var plugin = new RecordingPlugin { Failure = new InvalidOperationException("broken \"badly\"") };
        var (exit, output) = Answer(plugin, Environment, """{"cniVersion":"0.3.1","name":"n"}""");
        Assert.Equal(1, exit);
        Assert.Equal("0.3.1", output!.Value.GetProperty("cniVersion").GetString());
        Assert.Equal(999, output.Value.GetProperty("code").GetInt32());
        Assert.Contains("broken", output.Value.GetProperty("msg").GetString());
    }
}
