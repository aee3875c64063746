using Microsoft.Extensions.Logging.Abstractions;
using Podwire.ApiServer;
using Podwire.Controllers.NodeLifecycle;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.Controllers.Tests.InProcess;

/// <summary>A real API server in this process with the controllers on it and, where wanted, nodes whose kubelets only pretend.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly string directory;
    private readonly ApiServerHost host;
    private readonly List<PretendedKubelet> kubelets = [];
    private readonly KubeClient controllersClient;
    private CancellationTokenSource stop = new();
    private Task controllers = Task.CompletedTask;

    private Cluster(string directory, ApiServerHost host)
    {
        this.directory = directory;
        this.host = host;
        Client = new(KubeConfig.Load(host.Handle.AdminKubeconfig));
        controllersClient = new(KubeConfig.Load(host.Handle.ControllersKubeconfig));
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static ControllersOptions Quick { get; } = new()
    {
        ClusterNetworks = [(IpPrefix.Parse("10.244.0.0/16"), 24)],
        NodeLifecycle = new NodeLifecycleOptions
        {
            Period = TimeSpan.FromMilliseconds(200),
            Grace = TimeSpan.FromSeconds(30),
            StartupGrace = TimeSpan.FromSeconds(30),
            EvictionRate = 10,
        },
        NodeGoneQuarantine = TimeSpan.FromMilliseconds(500),
        RootCa = "-----BEGIN CERTIFICATE-----\ntest\n-----END CERTIFICATE-----\n",
    };

    /// <summary>The same, and nodes are soon given up.</summary>
    public static ControllersOptions Impatient { get; } = Quick with { NodeLifecycle = Quick.NodeLifecycle with { Grace = TimeSpan.FromSeconds(3) } };

    public KubeClient Client { get; }

    public string Kubeconfig => host.Handle.AdminKubeconfig;

    public static async Task<Cluster> StartAsync(int nodes = 0, ControllersOptions? options = null)
    {
        var directory = Directory.CreateTempSubdirectory("podwire-controllers-").FullName;
        var cluster = new Cluster(directory, await ApiServerHost.StartAsync(directory));
        await cluster.StartControllersAsync(options);
        for (var i = 1; i <= nodes; i++)
        {
            await cluster.AddNodeAsync($"node{i}");
        }

        return cluster;
    }

    public async Task StartControllersAsync(ControllersOptions? options = null)
    {
        stop = new();
        var started = new TaskCompletionSource();
        controllers = ControllersProgram.RunAsync(controllersClient, options ?? Quick, NullLoggerFactory.Instance, stop.Token, started.SetResult);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
    }

    public async Task StopControllersAsync()
    {
        await stop.CancelAsync();
        await controllers;
    }

    public async Task<PretendedKubelet> AddNodeAsync(string name, string cpu = "4", string pods = "110")
    {
        var kubelet = await PretendedKubelet.StartAsync(Client, name, cpu, pods, kubelets.Count + 1, Cancel);
        kubelets.Add(kubelet);
        return kubelet;
    }

    public Task<Deployment> GetDeploymentAsync(string name) => Client.GetAsync(KubeResources.Deployments, "default", name, Cancel);

    public async Task<List<Pod>> PodsAsync(string ns = "default") => (await Client.ListAsync(KubeResources.Pods, ns, null, Cancel)).Items;

    public async Task<List<ReplicaSet>> ReplicaSetsAsync() => (await Client.ListAsync(KubeResources.ReplicaSets, "default", null, Cancel)).Items;

    /// <summary>Waits until what it asks for holds; fails with the last state it saw.</summary>
    public static async Task EventuallyAsync(Func<Task<string?>> problem, int seconds = 60)
    {
        var end = DateTime.UtcNow.AddSeconds(seconds);
        string? last;
        while ((last = await problem()) is not null)
        {
            Assert.True(DateTime.UtcNow < end, $"still not so after {seconds} s: {last}");
            await Task.Delay(50, Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var kubelet in kubelets)
        {
            await kubelet.DisposeAsync();
        }

        await StopControllersAsync();
        Client.Dispose();
        controllersClient.Dispose();
        await host.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
