using System.Diagnostics;
using System.Text.Json.Nodes;
using Podwire.CniCalico.Tests.Ipam;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>
/// kill -9 between any two changes: the shipped plugin runs under strace, which kills it as it enters the N-th call of each system call that
/// changes or waits for something, for every N that it gets to. A real agent and API server answer it.
/// </summary>
public class KilledPluginTests
{
    private const string Strace = "/usr/bin/strace";
    private static readonly string[] Steps = ["connect", "sendto", "poll", "write", "setns", "fork"];

    [Fact]
    public async Task Add_KilledAtEachStep_NothingIsLeftAfterDelGcOrAnotherAdd_OrTheCollector()
    {
        await using var network = await StartAsync();
        var node = network[1];
        var pod = await node.PodAsync("p");
        var killed = 0;
        foreach (var next in (string[])["DEL", "GC", "ADD"])
        {
            killed += await AtEachStepAsync(node, pod, "ADD", static () => Task.CompletedTask, async where =>
            {
                if (next == "ADD")
                {
                    var (code, answer) = Call(node, "ADD", pod);
                    Assert.True(code == 0, $"{where}, then ADD: {answer.ToJsonString()}\n{node.Log}");
                    Assert.Equal(0, Call(node, "CHECK", pod, answer).Code);
                    Assert.Single(await AddressAllocatorTests.TakenAsync(network.Api));
                }

                Mend(node, pod, next == "GC" ? "GC" : "DEL", where);
                await NothingIsLeftAsync(network, pod, $"{where}, then {next}");
            });
        }

        Assert.True(killed > 40, $"only {killed} steps of ADD were tried");

        // Nobody calls again: the runtime takes the sandboxes away, and the collector finds addresses without pods.
        for (var (at, died) = (1, true); died; at += 3)
        {
            var ghost = pod with { Name = $"ghost{at}", ContainerId = $"ghost{at}" };
            died = Dies(node, ghost, "ADD", "sendto", at);
            CalicoNetwork.Run("ip", ["netns", "exec", pod.Namespace.Path["/run/netns/".Length..], "sh", "-c", "ip link del eth0 2>/dev/null || true"]);
        }

        Assert.NotEmpty(await network.Api.HandlesAsync());
        await node.KillAsync();
        node.Start("--leak-grace-period", "1s", "--leak-check-period", "300ms");
        await CalicoNetwork.UntilAsync("the collector has given everything back", async () => (await network.Api.HandlesAsync()).Count + (await AddressAllocatorTests.TakenAsync(network.Api)).Count == 0 ? null : node.Log);
        await NothingIsLeftAsync(network, pod, "the collector");
    }

    [Fact]
    public async Task Del_KilledAtEachStep_NothingIsLeftAfterDelOrGc_OrAnotherAdd()
    {
        await using var network = await StartAsync();
        var node = network[1];
        var pod = await node.PodAsync("p");
        var killed = 0;
        foreach (var next in (string[])["DEL", "GC", "ADD"])
        {
            killed += await AtEachStepAsync(node, pod, "DEL", () =>
            {
                Assert.Equal(0, Call(node, "ADD", pod).Code);
                return Task.CompletedTask;
            }, async where =>
            {
                if (next == "ADD")
                {
                    // The same container once more: what DEL has left of it is in the way of nothing.
                    var (code, answer) = Call(node, "ADD", pod);
                    Assert.True(code == 0, $"{where}, then ADD: {answer.ToJsonString()}");
                    Assert.Equal(0, Call(node, "CHECK", pod, answer).Code);
                }

                Mend(node, pod, next == "GC" ? "GC" : "DEL", where);
                await NothingIsLeftAsync(network, pod, $"{where}, then {next}");
            });
        }

        Assert.True(killed > 12, $"only {killed} steps of DEL were tried");
    }

    private static async Task<CalicoNetwork> StartAsync()
    {
        Assert.SkipUnless(File.Exists(Strace), "lacks: strace");
        var network = await CalicoNetwork.StartAsync(1);
        await network.Api.PoolAsync("v4", "10.244.0.0/16");
        await network.StartNodesAsync();
        return network;
    }

    private static async Task<int> AtEachStepAsync(CalicoNode node, CalicoPod pod, string command, Func<Task> prepare, Func<string, Task> mend)
    {
        var killed = 0;
        foreach (var call in Steps)
        {
            for (var (at, died) = (1, true); died; at++)
            {
                await prepare();
                died = Dies(node, pod, command, call, at);
                await mend($"{command} killed at {call} number {at}");
                killed += died ? 1 : 0;
            }
        }

        return killed;
    }

    private static bool Dies(CalicoNode node, CalicoPod pod, string command, string call, int at)
    {
        // Children are followed, because DEL leaves the end of its work to one.
        var (code, answer) = node.Call(
            In(node, Strace, "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:signal=SIGKILL:when={at}", Path.Combine(CalicoExecutables.Path, "calico")),
            CalicoExecutables.Path, command, pod);
        Assert.DoesNotContain("invalid", answer.ToJsonString(), StringComparison.Ordinal);
        return code != 0;
    }

    private static void Mend(CalicoNode node, CalicoPod pod, string command, string where)
    {
        var (code, answer) = command == "GC"
            ? node.Call(In(node, Path.Combine(CalicoExecutables.Path, "calico")), CalicoExecutables.Path, "GC", null, more: static conf => conf["cni.dev/valid-attachments"] = new JsonArray())
            : Call(node, command, pod);
        Assert.True(code == 0, $"{where}, then {command}: {answer.ToJsonString()}");
    }

    private static (int Code, JsonObject Answer) Call(CalicoNode node, string command, CalicoPod pod, JsonObject? previous = null) =>
        node.Call(In(node, Path.Combine(CalicoExecutables.Path, "calico")), CalicoExecutables.Path, command, pod, previous);

    private static ProcessStartInfo In(CalicoNode node, params string[] command) =>
        new("ip", ["netns", "exec", node.NetnsName, .. command]) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };

    private static async Task NothingIsLeftAsync(CalicoNetwork network, CalicoPod pod, string where)
    {
        // DEL leaves the end of the link to the kernel, which takes a moment.
        await CalicoNetwork.UntilAsync($"no link is left: {where}", () => network[1].Ip("link").Contains("cali", StringComparison.Ordinal) ? network[1].Ip("link") : null);
        Assert.True(!network[1].Ip("route").Contains(" dev cali", StringComparison.Ordinal), $"{where}: a route is left");
        Assert.True(!CalicoNetwork.Run("ip", ["-n", pod.Namespace.Path["/run/netns/".Length..], "link"]).Contains("eth0", StringComparison.Ordinal), $"{where}: the container has its link");
        var (handles, taken) = (await network.Api.HandlesAsync(), await AddressAllocatorTests.TakenAsync(network.Api));
        Assert.True(handles.Count == 0, $"{where}: {handles.Count} handles are left\n{network[1].Log}");
        Assert.True(taken.Count == 0, $"{where}: {taken.Count} addresses are left\n{network[1].Log}");
    }
}
