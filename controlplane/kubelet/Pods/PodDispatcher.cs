using System.Collections.Concurrent;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Pods;

/// <summary>
/// Gives each pod of the node its worker: those that the API has, and those that only the node still holds. Runs once every
/// pod of the API is known, so that nothing is taken for an orphan that is none.
/// </summary>
/// <param name="services">What workers share.</param>
/// <param name="pods">The node's pods as the API has them.</param>
internal sealed class PodDispatcher(PodServices services, ObjectStore<Pod> pods)
{
    private readonly ConcurrentDictionary<string, Entry> workers = new(StringComparer.Ordinal);

    /// <summary>Every pod that has a worker.</summary>
    public IReadOnlyList<PodWorker> Workers => [.. workers.Values.Select(entry => entry.Worker)];

    /// <summary>The worker of a pod by namespace and name; null if there is none.</summary>
    public PodWorker? Find(string ns, string name) =>
        workers.Values.Select(entry => entry.Worker).FirstOrDefault(worker => worker.State.Namespace == ns && worker.State.Name == name);

    /// <summary>Works until cancelled; then every worker has stopped and every container goes on.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await pods.WaitForSyncAsync(cancel);
        var held = services.Store.Load();
        var known = pods.List().ToDictionary(pod => pod.Metadata.Uid!, StringComparer.Ordinal);
        KubeletLog.TookUp(
            services.Log,
            held.Count(state => known.ContainsKey(state.Uid)),
            held.Sum(state => state.Containers.Values.Count(container => container.IsRunning)),
            held.Count(state => !known.ContainsKey(state.Uid)));
        foreach (var state in held)
        {
            var pod = known.GetValueOrDefault(state.Uid);
            Begin(pod ?? services.Store.LoadManifest(state.Uid) ?? Nameless(state), state, gone: pod is null, cancel);
        }

        using (pods.Subscribe(change => Take(change, cancel)))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        await Task.WhenAll(workers.Values.Select(entry => entry.Run));
    }

    /// <summary>A pod whose manifest is lost: enough to end it.</summary>
    private static Pod Nameless(PodState state) => new() { Metadata = { Namespace = state.Namespace, Name = state.Name, Uid = state.Uid } };

    private void Take(ObjectChange<Pod> change, CancellationToken cancel)
    {
        var uid = (change.New ?? change.Old)!.Metadata.Uid!;
        if (change.New is not { } now)
        {
            if (workers.TryGetValue(uid, out var leaving))
            {
                leaving.Worker.Gone(change.Old!);
            }
        }
        else if (workers.TryGetValue(uid, out var entry))
        {
            entry.Worker.Update(now);
        }
        else if (!cancel.IsCancellationRequested)
        {
            Begin(now, null, gone: false, cancel);
        }
    }

    private void Begin(Pod pod, PodState? held, bool gone, CancellationToken cancel)
    {
        var uid = pod.Metadata.Uid!;
        var worker = new PodWorker(services, pod, held, gone);
        workers[uid] = new(worker, Task.Run(async () =>
        {
            if (await worker.RunAsync(cancel))
            {
                workers.TryRemove(uid, out _);
            }
        }, CancellationToken.None));
    }

    private sealed record Entry(PodWorker Worker, Task Run);
}
