using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.FakeApi;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Tests.Model;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>The program itself: signals, restarts, --cleanup, --dry-run.</summary>
public sealed class ProcessTests(TestNode node) : IClassFixture<TestNode>, IAsyncLifetime
{
    private readonly FakeApiServer api = new();

    private string[] Flags => [$"--master={api.Address}", "--hostname-override=node1", "--cluster-cidr=10.244.0.0/16,fd44::/16", "--metrics-bind-address=", "--healthz-bind-address=127.0.0.1:10256"];

    public async ValueTask InitializeAsync()
    {
        if (node.HasProxy)
        {
            await node.StopProxyAsync();
            Assert.Equal(0, (await ProxyProcess.Start(node.NameOf("node"), "--cleanup").EndAsync()).ExitCode);
        }

        await api.StartAsync(node["node"]);
        api.Set(Nodes, "", "node1", Node("node1"));
        api.Set(Services, "default", "web", Service("web", "10.96.2.1", "http/TCP/80"));
        api.Set(Slices, "default", "web-IPv4", Slice("web", "http/TCP/8080", "10.244.0.3 10.244.0.4"));
    }

    public async ValueTask DisposeAsync()
    {
        await api.DisposeAsync();
    }

    [Fact]
    public async Task Kill9_AtAnyMoment_ConnectionsGoOnAndARestartSendsNothing()
    {
        using var first = ProxyProcess.Start(node.NameOf("node"), Flags);
        await LoggedAsync(first, "table ip6 podwire-proxy loaded");
        using var kept = node["p1"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await kept.ConnectAsync(IPAddress.Parse("10.96.2.1"), 80, TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        Assert.True(await kept.ReceiveAsync(buffer) > 0);

        await first.KillAsync();

        Assert.Equal("one", await EchoAsync(kept, "one"));
        Assert.NotNull(await node.AskAsync("p1", "10.96.2.1", 80));
        var before = node.Generation();
        using var second = ProxyProcess.Start(node.NameOf("node"), Flags);
        await LoggedAsync(second, "table ip6 podwire-proxy read back: 0 elements and 0 operations");
        Assert.Contains("table ip podwire-proxy read back: 0 elements and 0 operations", second.Log);
        Assert.Equal(before, node.Generation());
        Assert.Equal("two", await EchoAsync(kept, "two"));
    }

    [Fact]
    public async Task Sigterm_EndsWithZeroAndLeavesTheRules_CleanupLeavesNothing()
    {
        using var proxy = ProxyProcess.Start(node.NameOf("node"), Flags);
        // Loaded, or read back where a test before this one left the table.
        await LoggedAsync(proxy, "table ip6 podwire-proxy ");

        proxy.Terminate();

        Assert.Equal(0, (await proxy.EndAsync()).ExitCode);
        Assert.NotNull(await node.AskAsync("p1", "10.96.2.1", 80));
        using var cleanup = ProxyProcess.Start(node.NameOf("node"), "--cleanup");
        Assert.Equal(0, (await cleanup.EndAsync()).ExitCode);
        Assert.Null(node.ReadTable(TableSchema.V4.Id));
        Assert.Null(node.ReadTable(TableSchema.V6.Id));
        Assert.DoesNotContain("podwire", node.Run("node", "nft list tables"));
    }

    [Fact]
    public async Task DryRun_PrintsWhatNftTakes_AndChangesNothing()
    {
        // A dry run prints what it would change, which is nothing where an earlier test left a correct table.
        node.Run("node", "nft flush ruleset");
        var before = node.Generation();
        using var proxy = ProxyProcess.Start(node.NameOf("node"), [.. Flags, "--dry-run"]);

        var (exitCode, output) = await proxy.EndAsync();

        Assert.Equal((0, before), (exitCode, node.Generation()));
        var listed = node.Run("p3", "nft -f - && nft list map ip podwire-proxy service-endpoints; nft flush ruleset", output);
        Assert.Contains("10.244.0.4 . 8080", listed);
    }

    [Theory]
    [InlineData("--mode=nftables", "unknown flag --mode")]
    [InlineData("--ipvs-scheduler=fastest", "--ipvs-scheduler takes one of rr, wrr")]
    [InlineData("--config=/nonexistent.yaml", "/nonexistent.yaml")]
    public async Task Flags_ThatCannotBeUsed_EndItWithOneLine(string flag, string message)
    {
        using var proxy = ProxyProcess.Start(node.NameOf("node"), [.. Flags, flag]);

        Assert.NotEqual(0, (await proxy.EndAsync()).ExitCode);
        await LoggedAsync(proxy, message);
    }

    private static Task LoggedAsync(ProxyProcess proxy, string text) =>
        TestNode.EventuallyAsync(() => Task.FromResult(proxy.Log.Contains(text, StringComparison.Ordinal)), $"«{text}» in the log");

    private static async Task<string> EchoAsync(Socket socket, string text)
    {
        var buffer = new byte[64];
        await socket.SendAsync(Encoding.ASCII.GetBytes(text));
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
    }
}
