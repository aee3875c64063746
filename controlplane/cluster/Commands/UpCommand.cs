using Podwire.Cluster.Nodes;
using Podwire.Cluster.Output;
using Podwire.Cluster.Sample;
using Podwire.Kube;
using Podwire.Netlink;

namespace Podwire.Cluster.Commands;

/// <summary>
/// <c>podwire up</c>. Every step first looks whether its work is done already, so a second run mends what is missing and
/// harms nothing. A failed run takes back what it made and keeps the logs.
/// </summary>
internal sealed class UpCommand(ClusterPaths paths, UpOptions options)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public async Task<int> RunAsync(CancellationToken cancel)
    {
        Preflight.Check(paths, options);
        using var gate = ClusterLock.Take(paths);
        var before = ClusterStore.Read(paths);
        var wasUp = DownCommand.Living(before).Count > 0;
        var state = wasUp ? Same(before!) : Fresh();
        var progress = Progress.OnConsole();
        var made = new List<NodeState>();
        try
        {
            state = await StartAsync(state, made, progress, cancel).ConfigureAwait(false);
            using var client = new KubeClient(KubeConfig.Load(paths.KubeConfig));
            if (CalicoNetwork.HasReflectors(options.Network))
            {
                await progress.RunAsync("route reflectors", _ => CalicoNetwork.MarkReflectorsAsync(client, options.Nodes, cancel)).ConfigureAwait(false);
            }

            await WaitForNodesAsync(client, progress, cancel).ConfigureAwait(false);
            if (options.Sample)
            {
                await new EchoSample(client, paths, state).RunAsync(progress, cancel).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            TakeBack(made, wasUp);
            if (e is KubeApiException or KubeConfigException or HttpRequestException or IOException or SyscallException or NetlinkException)
            {
                throw new ClusterException(e.Message);
            }

            throw;
        }

        progress.Line($"up in {progress.Seconds:F1} s");
        await new StatusCommand(paths).RunAsync(cancel).ConfigureAwait(false);
        Console.WriteLine($"\nexport KUBECONFIG={paths.KubeConfig}");
        return 0;
    }

    private ClusterState Same(ClusterState state) =>
        state.Network == options.Network && state.Proxy == options.Proxy && state.NetPolicy == options.NetPolicy && state.ApiPort == options.ApiPort
            ? state
            : throw new ClusterException($"a cluster with {state.Network}, proxy {state.Proxy}, netpolicy {state.NetPolicy} and API port {state.ApiPort} is up; end it first: make down");

    private ClusterState Fresh()
    {
        // What an earlier cluster left (the machine was restarted, say) would be adopted half: it goes.
        foreach (var entry in new DirectoryInfo(paths.Cluster).EnumerateFileSystemInfos().Where(entry => entry.Name != "lock"))
        {
            if (entry is DirectoryInfo directory)
            {
                directory.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }

        return new ClusterState { Network = options.Network, Proxy = options.Proxy, NetPolicy = options.NetPolicy, ApiPort = options.ApiPort };
    }

    private async Task<ClusterState> StartAsync(ClusterState state, List<NodeState> made, Progress progress, CancellationToken cancel)
    {
        var nodes = new NodeFactory(paths, options);
        if (state.Control is not { IsAlive: true })
        {
            state = await progress.RunAsync("control plane and underlay", _ =>
            {
                // A node hangs on the control plane's bridge: without it, all of them are made anew.
                DownCommand.End(DownCommand.Living(state));
                using var listener = Preflight.Listen(options.ApiPort);
                var control = nodes.CreateControl(listener);
                made.Add(control);
                return Task.FromResult(Keep(state with { Control = control, Nodes = [] }));
            }).ConfigureAwait(false);
        }

        await progress.RunAsync("API server", step => WaitForApiAsync(step, cancel)).ConfigureAwait(false);
        await progress.RunAsync("custom resources", _ => CustomResources.ApplyAsync(paths, cancel)).ConfigureAwait(false);
        if (CalicoNetwork.IsCalico(options.Network))
        {
            using var client = new KubeClient(KubeConfig.Load(paths.KubeConfig));
            await progress.RunAsync("Calico's definitions and pool", _ => CalicoNetwork.ApplyAsync(client, options.Network, cancel)).ConfigureAwait(false);
        }

        for (var number = 1; number <= options.Nodes; number++)
        {
            cancel.ThrowIfCancellationRequested();
            var name = Underlay.NodeName(number);
            if (state.Nodes.FirstOrDefault(node => node.Name == name) is { IsAlive: true })
            {
                continue;
            }

            var position = number;
            var current = state;
            state = await progress.RunAsync(name, _ =>
            {
                var node = nodes.CreateNode(position, current.Control!);
                made.Add(node);
                return Task.FromResult(Keep(current with { Nodes = [.. current.Nodes.Where(other => other.Name != name), node] }));
            }).ConfigureAwait(false);
        }

        return state;
    }

    private ClusterState Keep(ClusterState state)
    {
        ClusterStore.Write(paths, state);
        return state;
    }

    private async Task WaitForApiAsync(Progress.Step step, CancellationToken cancel)
    {
        await Wait.UntilAsync("the API server answers", StartLimit, Path.Combine(paths.Logs("control"), "podwire-apiserver.log"), async () =>
        {
            using var client = new KubeClient(KubeConfig.Load(paths.KubeConfig));
            await client.SendRawAsync(HttpMethod.Get, "/readyz", ReadOnlyMemory<byte>.Empty, null, cancel).ConfigureAwait(false);
            return true;
        }, step, cancel).ConfigureAwait(false);
    }

    private Task WaitForNodesAsync(KubeClient client, Progress progress, CancellationToken cancel) =>
        progress.RunAsync("nodes Ready", step => Wait.UntilAsync("every node is Ready", StartLimit, paths.Logs(Underlay.NodeName(1)), async () =>
        {
            var nodes = await client.ListAsync(KubeResources.Nodes, null, null, cancel).ConfigureAwait(false);
            var ready = nodes.Items.Count(NodeReadiness.IsReady);
            step.Detail = $"{ready} of {options.Nodes}";
            return ready >= options.Nodes;
        }, step, cancel));

    private void TakeBack(List<NodeState> made, bool wasUp)
    {
        DownCommand.End(made);
        if (wasUp)
        {
            return;
        }

        var kept = paths.FailedLogs;
        if (Directory.Exists(Path.Combine(paths.Cluster, "logs")))
        {
            if (Directory.Exists(kept))
            {
                Directory.Delete(kept, recursive: true);
            }

            Directory.Move(Path.Combine(paths.Cluster, "logs"), kept);
            Console.Error.WriteLine($"podwire: taken back what was made; the daemons' logs are in {kept}");
        }

        Directory.Delete(paths.Cluster, recursive: true);
    }
}
