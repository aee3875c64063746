using System.Text.Json;
using Podwire.CniBridge.Tests;

namespace Podwire.CniTool.Tests;

public class CniToolTests
{
    private const string Chain = """{"cniVersion":"1.1.0","name":"pods","plugins":[{"type":"first"},{"type":"second","capabilities":{"mac":true}}]}""";

    // sha512 of the path, first ten bytes: what cnitool calls the container of /run/netns/blue.
    private const string Blue = "/run/netns/blue";

    private static Tool WithChain(string json = Chain)
    {
        var tool = new Tool();
        tool.Config("10-pods.conflist", json);
        tool.Plugin("first");
        tool.Plugin("second");
        return tool;
    }

    private static IEnumerable<string> Calls(Tool tool) => tool.Log.Select(l => string.Join(' ', l.Split(' ')[..2]));

    [Fact]
    public async Task Add_ThenListCheckDel_GoThroughTheRunner()
    {
        using var tool = WithChain();
        tool.Set("CNI_IFNAME", "net1");
        tool.Set("CNI_ARGS", "IgnoreUnknown=1;K=V");
        tool.Set("CAP_ARGS", """{"mac":"0a:00:00:00:00:01","other":1}""");
        var (exit, output, error) = await tool.Run("add", "pods", Blue);
        Assert.True(exit == 0, error);
        Assert.Equal("10.0.0.8/24", JsonDocument.Parse(output).RootElement.GetProperty("ips")[0].GetProperty("address").GetString());
        var id = tool.Log[0].Split(' ')[2];
        Assert.Matches("^cnitool-[0-9a-f]{20}$", id);
        Assert.Equal($"first ADD {id} net1 IgnoreUnknown=1;K=V", tool.Log[0]);
        Assert.Contains("\"mac\":\"0a:00:00:00:00:01\"", tool.Stdin("second", "ADD"), StringComparison.Ordinal);
        Assert.DoesNotContain("other", tool.Stdin("second", "ADD"), StringComparison.Ordinal);
        Assert.Contains(id, (await tool.Run("list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await tool.Run("check", "pods", Blue)).Exit);
        Assert.Equal(0, (await tool.Run("del", "pods", Blue)).Exit);
        Assert.Equal(["first ADD", "second ADD", "first CHECK", "second CHECK", "second DEL", "first DEL"], Calls(tool));
        Assert.DoesNotContain(id, (await tool.Run("list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gc_KeepsWhatIsNamed()
    {
        using var tool = WithChain();
        await tool.Run("add", "pods", Blue, "--container", "c1");
        await tool.Run("add", "pods", "/run/netns/red", "--container", "c2");
        Assert.Equal(0, (await tool.Run("gc", "pods", "--keep", "c2")).Exit);
        var list = (await tool.Run("list")).Output;
        Assert.DoesNotContain("c1", list, StringComparison.Ordinal);
        Assert.Contains("c2", list, StringComparison.Ordinal);
        Assert.Contains("""[{"containerID":"c2","ifname":"eth0"}]""", tool.Stdin("first", "GC"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DisableCheckAndGc_CallNoPlugin()
    {
        using var tool = WithChain("""{"cniVersion":"1.1.0","name":"pods","disableCheck":true,"disableGC":true,"plugins":[{"type":"first"}]}""");
        await tool.Run("add", "pods", Blue);
        Assert.Equal(0, (await tool.Run("check", "pods", Blue)).Exit);
        Assert.Equal(0, (await tool.Run("gc", "pods")).Exit);
        Assert.Equal(["first ADD"], Calls(tool));
    }

    [Theory]
    [InlineData("false", "first ADD,extra ADD")]
    [InlineData("true", "first ADD")]
    public async Task PluginsOfTheNetworksFolder_AreAppendedUnlessOnlyInlined(string only, string expected)
    {
        using var tool = WithChain($$"""{"cniVersion":"1.1.0","name":"pods","loadOnlyInlinedPlugins":{{only}},"plugins":[{"type":"first"}]}""");
        tool.Plugin("extra");
        Directory.CreateDirectory(Path.Join(tool.Folder, "net.d", "pods"));
        tool.Config("pods/20-extra.conf", """{"type":"extra"}""");
        Assert.Equal(0, (await tool.Run("add", "pods", Blue)).Exit);
        Assert.Equal(expected, string.Join(',', Calls(tool)));
    }

    [Fact]
    public async Task CniVersions_TheBestIsWhatPluginsAreCalledWith()
    {
        using var tool = WithChain("""{"cniVersion":"0.4.0","cniVersions":["0.3.1","1.0.0","9.9.9"],"name":"pods","plugins":[{"type":"first"}]}""");
        var (_, output, _) = await tool.Run("add", "pods", Blue);
        Assert.Equal("1.0.0", JsonDocument.Parse(output).RootElement.GetProperty("cniVersion").GetString());
        Assert.Contains("\"cniVersion\":\"1.0.0\"", tool.Stdin("first", "ADD"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatusAndVersion_AskEachPlugin()
    {
        using var tool = WithChain();
        Assert.Equal(0, (await tool.Run("status", "pods")).Exit);
        Assert.Equal($"first 0.4.0 1.0.0 1.1.0{Environment.NewLine}second 0.4.0 1.0.0 1.1.0{Environment.NewLine}", (await tool.Run("version", "pods")).Output);
        Assert.Equal(["first STATUS", "second STATUS", "first VERSION", "second VERSION"], Calls(tool));
    }

    [Fact]
    public async Task PluginFails_ItsMessageAndCodeAreOneLineAndTheExitCodeIs1()
    {
        using var tool = WithChain();
        tool.Plugin("second", """{"cniVersion":"1.1.0","code":103,"msg":"taken"}'; exit 1; echo '""");
        var (exit, output, error) = await tool.Run("add", "pods", Blue);
        Assert.Equal(1, exit);
        Assert.Empty(output);
        Assert.Equal("podwire cni: add pods: taken (code 103)", error.TrimEnd());
    }

    [Theory]
    [InlineData("none of", "put", "pods", "/x")]
    [InlineData("takes NET and NETNS", "add", "pods")]
    [InlineData("takes NET", "gc")]
    [InlineData("no option", "add", "pods", "/x", "--fast")]
    [InlineData("--keep", "gc", "pods", "--keep", "a/b")]
    public async Task CommandLine_Wrong_IsExitCode2AndOneLine(string expected, params string[] args)
    {
        using var tool = WithChain();
        var (exit, _, error) = await tool.Run(args);
        Assert.Equal(2, exit);
        Assert.Contains(expected, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Empty(tool.Log);
    }

    [Fact]
    public async Task Environment_Wrong_IsExitCode2()
    {
        using var tool = WithChain();
        tool.Set("CAP_ARGS", "{");
        Assert.Equal(2, (await tool.Run("add", "pods", Blue)).Exit);
        tool.Set("CAP_ARGS", string.Empty);
        tool.Set("CNI_ARGS", "novalue");
        Assert.Equal(2, (await tool.Run("add", "pods", Blue)).Exit);
    }

    [Fact]
    public async Task Network_NotThere_IsNamedAndABadFileIsInNobodysWay()
    {
        using var tool = WithChain();
        tool.Config("00-bad.conflist", "{");
        Assert.Equal(0, (await tool.Run("add", "pods", Blue)).Exit);
        Assert.Contains("00-bad.conflist", (await tool.Run("add", "other", Blue)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_IsAManual()
    {
        using var tool = new Tool();
        var (exit, output, _) = await tool.Run("add", "--help");
        Assert.Equal(0, exit);
        Assert.Contains("NETCONFPATH", output, StringComparison.Ordinal);
        Assert.Contains("EXIT STATUS", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loopback_AddCheckDel_WithTheRealPlugin()
    {
        using var node = new Node();
        using var tool = new Tool();
        tool.Set("CNI_PATH", CniExecutables.Path);
        tool.Set("CNI_IFNAME", "lo");
        tool.Config("10-lo.conflist", """{"cniVersion":"1.1.0","name":"lo","plugins":[{"type":"loopback"}]}""");
        node.Container("c1");
        var (exit, output, error) = await tool.Run("add", "lo", node.PathOf("c1"));
        Assert.True(exit == 0, error);
        Assert.Equal("127.0.0.1/8", JsonDocument.Parse(output).RootElement.GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.True(node.In("c1", s => s.GetLink("lo"))!.IsUp);
        Assert.Equal(0, (await tool.Run("check", "lo", node.PathOf("c1"))).Exit);
        node.In("c1", s =>
        {
            s.SetLink("lo", new Netlink.Route.LinkChange { Up = false });
            return true;
        });
        Assert.Contains("code 102", (await tool.Run("check", "lo", node.PathOf("c1"))).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await tool.Run("del", "lo", node.PathOf("c1"))).Exit);
    }
}
