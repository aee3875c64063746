using System.Text.Json;

namespace Podwire.Cni.Tests;

public class CniRunnerTests
{
    private const string Echo = """
        dir=$(dirname "$0"); name=$(basename "$0")
        cat > "$dir/$name.$CNI_COMMAND.stdin"
        echo "$name $CNI_COMMAND $CNI_NETNS $CNI_ARGS" >> "$dir/log"
        """;

    private static CniRunner Runner(TempFolder folder, int seconds = 20) =>
        new(new() { PluginPath = [folder.Path], CacheDirectory = folder["cache"], Timeout = TimeSpan.FromSeconds(seconds) });

    private static readonly CniAttachment Attachment = new()
    {
        ContainerId = "c1",
        NetNs = "/run/netns/x",
        Args = [new("IgnoreUnknown", "1"), new("K8S_POD_NAME", "web")],
        CapabilityArgs = new Dictionary<string, ReadOnlyMemory<byte>> { ["portMappings"] = Text.Utf8("[]"), ["mac"] = Text.Utf8("\"0a:00:00:00:00:01\"") },
    };

    private static NetworkConfigList Chain(string version = "1.1.0") => NetworkConfigList.Parse(Text.Utf8($$$"""
        {"cniVersion":"{{{version}}}","name":"pods","plugins":[
          {"type":"first","key":1},
          {"type":"second","capabilities":{"portMappings":true,"mac":false}}]}
        """));

    private static JsonElement Stdin(TempFolder folder, string call) => JsonDocument.Parse(File.ReadAllBytes(folder[call + ".stdin"])).RootElement;

    private static void Plugins(TempFolder folder)
    {
        folder.Script("first", Echo + "\n[ $CNI_COMMAND = ADD ] && echo '{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.0.0.7/24\"}]}' || true");
        folder.Script("second", Echo + "\n[ $CNI_COMMAND = ADD ] && echo '{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.0.0.8/24\"}]}' || true");
    }

    [Fact]
    public async Task Add_Chain_HandsResultsOnAndKeepsTheLast()
    {
        using var folder = new TempFolder();
        Plugins(folder);
        var runner = Runner(folder);
        var result = await runner.AddAsync(Chain(), Attachment, TestContext.Current.CancellationToken);
        Assert.Equal("10.0.0.8/24", Assert.Single(result.Ips).Address.ToString());
        var first = Stdin(folder, "first.ADD");
        Assert.Equal("pods", first.GetProperty("name").GetString());
        Assert.Equal("1.1.0", first.GetProperty("cniVersion").GetString());
        Assert.Equal(1, first.GetProperty("key").GetInt32());
        Assert.False(first.TryGetProperty("prevResult", out _));
        Assert.False(first.TryGetProperty("runtimeConfig", out _));
        var second = Stdin(folder, "second.ADD");
        Assert.Equal("10.0.0.7/24", second.GetProperty("prevResult").GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.Equal("{\"portMappings\":[]}", second.GetProperty("runtimeConfig").GetRawText());
        Assert.False(second.TryGetProperty("capabilities", out _));
        Assert.Contains("first ADD /run/netns/x IgnoreUnknown=1;K8S_POD_NAME=web", File.ReadAllText(folder["log"]));

        var cached = Runner(folder).Cached("pods", "c1", "eth0")!;
        Assert.Equal("10.0.0.8/24", cached.Result!.Ips[0].Address.ToString());
        Assert.Equal(Attachment.Args, cached.Attachment.Args);
        Assert.Equal("pods", NetworkConfigList.Parse(cached.Config).Name);
        Assert.Equal("[]", Text.Of(cached.Attachment.CapabilityArgs["portMappings"]));
    }

    [Theory]
    [InlineData("portMappings", """[{"hostPort":8080,"containerPort":80}]""")]
    [InlineData("bandwidth", """{"ingressRate":2048}""")]
    [InlineData("mac", "\"0a:00:00:00:00:01\"")]
    [InlineData("ips", """["10.0.0.9/24"]""")]
    [InlineData("ipRanges", """[[{"subnet":"10.1.0.0/16"}]]""")]
    [InlineData("dns", """{"servers":["192.0.2.53"]}""")]
    [InlineData("aliases", """["db"]""")]
    [InlineData("deviceID", "\"0000:00:1f.6\"")]
    [InlineData("infinibandGUID", "\"c2:11:22:33:44:55:66:77\"")]
    [InlineData("cgroupPath", "\"/kubelet.slice/pod1\"")]
    public async Task Add_Capability_IsHandedToThePluginThatDeclaresIt(string name, string value)
    {
        using var folder = new TempFolder();
        Plugins(folder);
        var list = NetworkConfigList.Parse(Text.Utf8($$$"""{"cniVersion":"1.1.0","name":"pods","plugins":[{"type":"first"},{"type":"second","capabilities":{"{{{name}}}":true}}]}"""));
        var attachment = Attachment with { CapabilityArgs = new Dictionary<string, ReadOnlyMemory<byte>> { [name] = Text.Utf8(value) } };
        await Runner(folder).AddAsync(list, attachment, TestContext.Current.CancellationToken);
        Assert.False(Stdin(folder, "first.ADD").TryGetProperty("runtimeConfig", out _));
        Assert.Equal($"{{\"{name}\":{value}}}", Stdin(folder, "second.ADD").GetProperty("runtimeConfig").GetRawText());
    }

    [Fact]
    public async Task Del_CallsInReverseWithThePreviousResultAndForgets()
    {
        using var folder = new TempFolder();
        Plugins(folder);
        var runner = Runner(folder);
        await runner.AddAsync(Chain(), Attachment, TestContext.Current.CancellationToken);
        await runner.CheckAsync(Chain(), Attachment, TestContext.Current.CancellationToken);
        await runner.DelAsync(Chain(), Attachment with { NetNs = string.Empty }, TestContext.Current.CancellationToken);
        var calls = File.ReadAllLines(folder["log"]).Select(l => string.Join(' ', l.Split(' ')[..2]));
        Assert.Equal(["first ADD", "second ADD", "first CHECK", "second CHECK", "second DEL", "first DEL"], calls);
        Assert.Equal("10.0.0.8/24", Stdin(folder, "first.DEL").GetProperty("prevResult").GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.Empty(runner.AllCached());
    }

    [Fact]
    public async Task Del_BeforeAnyResultWasKept_IsDone()
    {
        using var folder = new TempFolder();
        Plugins(folder);
        await Runner(folder).DelAsync(Chain(), Attachment, TestContext.Current.CancellationToken);
        Assert.Equal(["second DEL", "first DEL"], File.ReadAllLines(folder["log"]).Select(line => string.Join(' ', line.Split(' ')[..2])));
    }

    [Fact]
    public async Task Del_OnePluginFails_TheOthersAreCalledAndTheResultStays()
    {
        using var folder = new TempFolder();
        Plugins(folder);
        var runner = Runner(folder);
        await runner.AddAsync(Chain(), Attachment, TestContext.Current.CancellationToken);
        folder.Script("second", """echo '{"code":100,"msg":"no"}'; echo why >&2; exit 1""");
        var e = await Assert.ThrowsAsync<CniException>(() => runner.DelAsync(Chain(), Attachment, TestContext.Current.CancellationToken));
        Assert.Equal("no", e.Message);
        Assert.Equal("why", e.Details);
        Assert.Contains("first DEL", File.ReadAllText(folder["log"]));
        Assert.Single(runner.AllCached());
    }

    [Fact]
    public async Task Add_PluginHangs_IsKilledWithItsChildren()
    {
        using var folder = new TempFolder();
        folder.Script("first", $"sleep 600 & echo $! > {folder["pid"]}; wait");
        var e = await Assert.ThrowsAsync<CniException>(() => Runner(folder, seconds: 1).AddAsync(Chain(), Attachment, TestContext.Current.CancellationToken));
        Assert.Equal(CniErrorCode.TryAgainLater, e.Code);
        var pid = File.ReadAllText(folder["pid"]).Trim();
        for (var i = 0; i < 100 && Lives(pid); i++)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.False(Lives(pid));

        static bool Lives(string pid) => File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gc_TakesDownWhatIsNotValidAndTellsThePlugins()
    {
        using var folder = new TempFolder();
        Plugins(folder);
        var runner = Runner(folder);
        await runner.AddAsync(Chain(), Attachment, TestContext.Current.CancellationToken);
        await runner.AddAsync(Chain(), Attachment with { ContainerId = "c2" }, TestContext.Current.CancellationToken);
        await runner.GcAsync(Chain(), [new("c2", "eth0")], TestContext.Current.CancellationToken);
        Assert.Equal("c2", Assert.Single(runner.AllCached()).Attachment.ContainerId);
        Assert.Equal("""[{"containerID":"c2","ifname":"eth0"}]""", Stdin(folder, "second.GC").GetProperty("cni.dev/valid-attachments").GetRawText());
    }

    [Fact]
    public async Task Status_And_Versions()
    {
        using var folder = new TempFolder();
        Plugins(folder);
        var runner = Runner(folder);
        await runner.StatusAsync(Chain(), TestContext.Current.CancellationToken);
        folder.Script("second", """echo '{"code":50,"msg":"not ready"}'; exit 1""");
        var e = await Assert.ThrowsAsync<CniException>(() => runner.StatusAsync(Chain(), TestContext.Current.CancellationToken));
        Assert.Equal(CniErrorCode.PluginNotAvailable, e.Code);
        folder.Script("first", """echo '{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}'""");
        Assert.Equal([CniVersion.V0_4_0, CniVersion.V1_0_0], await runner.VersionsAsync("first", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void LoadFirst_TakesFilesInOrderAndPassesOverBadOnes()
    {
        using var folder = new TempFolder();
        folder.Write("00-bad.conflist", "{");
        folder.Write("05-note.txt", "not looked at");
        folder.Write("10-pods.conf", """{"cniVersion":"0.4.0","name":"single","type":"first"}""");
        folder.Write("20-list.conflist", """{"cniVersion":"1.0.0","name":"list","plugins":[{"type":"first"}]}""");
        var refused = new List<string>();
        var list = NetworkConfigList.LoadFirst(folder.Path, (path, _) => refused.Add(Path.GetFileName(path)))!;
        Assert.Equal("single", list.Name);
        Assert.Equal("first", Assert.Single(list.Plugins).Type);
        Assert.Equal(["00-bad.conflist"], refused);
        Assert.Null(NetworkConfigList.LoadFirst(folder["none"]));
    }

    [Theory]
    [InlineData("""{"name":"n","cniVersions":["0.4.0","1.1.0","9.0.0"],"plugins":[{"type":"a"}]}""", "1.1.0")]
    [InlineData("""{"name":"n","cniVersion":"1.0.0","plugins":[{"type":"a"}]}""", "1.0.0")]
    [InlineData("""{"name":"n","plugins":[{"type":"a"}]}""", "0.1.0")]
    public void Parse_Versions_TheBestSpokenIsTaken(string json, string expected) =>
        Assert.Equal(expected, NetworkConfigList.Parse(Text.Utf8(json)).Version.ToString());

    [Theory]
    [InlineData("""{"name":"n","cniVersion":"9.0.0","plugins":[{"type":"a"}]}""", CniErrorCode.IncompatibleVersion)]
    [InlineData("""{"name":"n","plugins":[]}""", CniErrorCode.InvalidNetworkConfig)]
    [InlineData("""{"name":"n","plugins":[{}]}""", CniErrorCode.InvalidNetworkConfig)]
    [InlineData("""{"plugins":[{"type":"a"}]}""", CniErrorCode.InvalidNetworkConfig)]
    [InlineData("""{"name":"n","disableCheck":"maybe","plugins":[{"type":"a"}]}""", CniErrorCode.DecodingFailure)]
    public void Parse_BadList_IsRefused(string json, CniErrorCode code) => Text.Fails(code, () => NetworkConfigList.Parse(Text.Utf8(json)));
}
