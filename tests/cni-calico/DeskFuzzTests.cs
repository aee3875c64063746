using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Cni;
using Podwire.CniCalico.Agent.Cni;
using Podwire.CniCalico.Agent.Watch;
using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Plugin;
using Podwire.Fuzz;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Tests;

/// <summary>What the agent answers to plugins, with a real API server behind it: any line, and any annotation of the pod that it is about.</summary>
[Trait("fuzz", "yes")]
public sealed class DeskFuzzTests
{
    /// <summary>A request, an annotation's name, its value: a line each.</summary>
    private static readonly string[] Samples =
    [
        "assign handle=net.0a1b2c ns=default pod=web-1 v4=1 v6=0 pools4=10.1.0.0/16,pool-2 noipam=1\nipAddrs\n[\"10.1.2.3\"]",
        "assign handle=net.0a1b2d ns=default pod=web-1 v4=1 v6=1\nipv4pools\n[\"pool-1\",\"10.1.0.0/16\"]",
        "assign handle=net.0a1b2e ns=default pod=web-1 noipam=1\nipAddrsNoIpam\n[\"10.9.2.3\",\"fd00::1\"]",
        "assign handle=net.0a1b2f v4=0 v6=1 ip=fd01::7\nipv6pools\n[]",
        "release handle=net.0a1b2c\nipAddrs\n[]",
        "find handle=net.0a1b2d\nipAddrs\n[]",
        "gc network=net net.0a1b2c net.0a1b2d\nipAddrs\n[]",
        "status\nipAddrs\n[]",
    ];

    [Fact]
    public async Task Desk_AnyRequestAboutAPodWithAnyAnnotation_IsAnsweredByTheSpecification()
    {
        await using var api = await TestApi.StartAsync();
        await api.PoolAsync("pool-1", "10.1.0.0/16");
        await api.PoolAsync("pool-2", "10.2.0.0/24");
        await api.PoolAsync("pool-3", "fd01::/64");
        using var client = new KubeClient(KubeConfig.Load(api.CalicoKubeconfig));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestApi.Cancel);
        var watch = new ClusterWatch(client, "node1", NullLogger.Instance, static () => { });
        var running = watch.RunAsync(cancel.Token);
        await watch.WaitForSyncAsync(cancel.Token);
        using var allocator = new AddressAllocator(client, "node1", watch);
        var desk = new PluginDesk(client, watch, allocator, "node1", static () => null, TimeProvider.System);
        var version = 0;
        try
        {
            Fuzzer.Run("podwire-calico's answers to plugins", [.. Samples.Select(Encoding.UTF8.GetBytes)], Ask, IsAnswer);
        }
        finally
        {
            await cancel.CancelAsync();
            await running;
        }

        void Ask(byte[] bytes)
        {
            var parts = Encoding.UTF8.GetString(bytes).Split('\n', 3);
            var annotations = parts.Length == 3 ? new Dictionary<string, string> { ["cni.projectcalico.org/" + parts[1]] = parts[2] } : [];
            watch.Pods.Set(new Pod { Metadata = { Namespace = "default", Name = "web-1", ResourceVersion = $"{++version}", Annotations = annotations } });
            // The socket reads ASCII, and writes an answer in one line.
            var line = Encoding.ASCII.GetString(Encoding.UTF8.GetBytes(parts[0]));
            AgentCall.Read(desk.AnswerAsync(line, cancel.Token).GetAwaiter().GetResult().ReplaceLineEndings(" "));
        }
    }

    /// <summary>«Try again later» would have the kubelet ask the same for ever.</summary>
    private static bool IsAnswer(Exception e) => e is CniException { Code: not (CniErrorCode.TryAgainLater or CniErrorCode.DelegateFailed) };
}
