using Microsoft.Extensions.Logging;
using Podwire.CniCalico.Agent.Compile;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Agent.Watch;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Agent.Apply;

/// <summary>
/// Writes what was found about objects into their status. All nodes find the same, so one writes and the others find it written: the first node by
/// name begins, the others wait a moment. Each write is guarded by the version that was judged. Objects that never were refused are left alone.
/// </summary>
internal sealed class StatusKeeper(KubeClient client, ClusterWatch watch, SessionWatch sessions, string node, ILogger logger, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private readonly HashSet<string> withoutStatus = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim wake = new(0, 1);
    private volatile Judgement? judgement;

    /// <summary>The objects as they are now; what is judged after this is about these, or newer ones.</summary>
    public Dictionary<(string Kind, string Name), long?> Generations()
    {
        var generations = new Dictionary<(string, string), long?>();
        foreach (var value in watch.PoolObjects.List().Concat<IStatusObject>(watch.Blocks.List()).Concat(watch.Configurations.List()).Concat(watch.Filters.List()).Concat(watch.Peers.List()))
        {
            generations[(value.Kind, value.Metadata.Name)] = StatusText.GenerationOf(value);
        }

        return generations;
    }

    /// <summary>What is wrong with them, as every node sees it. Any thread.</summary>
    public void Tell(Dictionary<(string Kind, string Name), long?> generations, IReadOnlyCollection<Problem> found)
    {
        judgement = new Judgement(generations, found);
        if (wake.CurrentCount == 0)
        {
            wake.Release();
        }
    }

    /// <summary>Writes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await wake.WaitAsync(Period, cancel).ConfigureAwait(false);
                if (judgement is not null)
                {
                    await WriteAsync(sessions.Look(), cancel).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => wake.Dispose();

    private async Task WriteAsync(IReadOnlyList<SessionFailure> failures, CancellationToken cancel)
    {
        var (generations, found) = judgement!;
        var texts = found.GroupBy(static problem => (problem.Kind, problem.Name)).ToDictionary(
            static group => group.Key, static group => string.Join("; ", group.Select(static problem => problem.Text).Order(StringComparer.Ordinal)));
        var missed = failures.ToLookup(static failure => failure.Name, StringComparer.Ordinal);
        await EnsureAsync(CalicoResources.IpPools, watch.PoolObjects, Judged).ConfigureAwait(false);
        await EnsureAsync(CalicoResources.IpamBlocks, watch.Blocks, Judged).ConfigureAwait(false);
        await EnsureAsync(CalicoResources.BgpConfigurations, watch.Configurations, Judged).ConfigureAwait(false);
        await EnsureAsync(CalicoResources.BgpFilters, watch.Filters, Judged).ConfigureAwait(false);
        await EnsureAsync(CalicoResources.BgpPeers, watch.Peers, value => Judged(value) | StatusText.SetSessions(value, node, missed[value.Metadata.Name], IsThere, time.GetUtcNow())).ConfigureAwait(false);

        // One that was changed since waits until it was judged anew.
        bool Judged(IStatusObject value) => generations.TryGetValue((value.Kind, value.Metadata.Name), out var generation) && generation == StatusText.GenerationOf(value) && StatusText.SetAccepted(value, texts.GetValueOrDefault((value.Kind, value.Metadata.Name)), time.GetUtcNow());

        bool IsThere(string name) => watch.Nodes.Get(null, name) is not null;

        async Task EnsureAsync<T>(KubeResource<T> resource, ObjectStore<T> store, Func<T, bool> change)
            where T : class, IStatusObject
        {
            if (!withoutStatus.Contains(resource.Plural) && store.List().Any(value => Needs(value, texts, missed) && change(CalicoResources.Clone(value))))
            {
                if (!IsFirst())
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(200, 1500)), time, cancel).ConfigureAwait(false);
                }

                foreach (var value in store.List())
                {
                    var copy = Needs(value, texts, missed) ? CalicoResources.Clone(value) : null;
                    if (copy is not null && change(copy))
                    {
                        await PutAsync(resource, value, copy, cancel).ConfigureAwait(false);
                    }
                }
            }
        }
    }

    /// <summary>Nearly all objects have no status and need none: they are not copied.</summary>
    private static bool Needs(IStatusObject value, Dictionary<(string, string), string> texts, ILookup<string, SessionFailure> missed) =>
        value.Status is not null || texts.ContainsKey((value.Kind, value.Metadata.Name)) || (value is BgpPeer && missed.Contains(value.Metadata.Name));

    private async Task PutAsync<T>(KubeResource<T> resource, T before, T value, CancellationToken cancel)
        where T : class, IStatusObject
    {
        try
        {
            await client.UpdateStatusAsync(resource, value, cancel).ConfigureAwait(false);
            foreach (var condition in value.Status!.Conditions)
            {
                if (before.Status?.Conditions.Exists(there => (there.Type, there.Status, there.Message) == (condition.Type, condition.Status, condition.Message)) != true)
                {
                    CalicoLog.StatusWritten(logger, value.Kind, value.Metadata.Name, condition.Type, condition.Status, condition.Message ?? string.Empty);
                }
            }
        }
        catch (KubeApiException e) when (e.IsForbidden || e.IsNotFound)
        {
            // Calico's own definitions may have no status; the log and the events tell all the same. Or the object has gone.
            if (e.IsForbidden || await client.TryGetAsync(resource, null, value.Metadata.Name, cancel).ConfigureAwait(false) is not null)
            {
                withoutStatus.Add(resource.Plural);
                CalicoLog.NoStatus(logger, resource.Plural, e.Message);
            }
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException or TimeoutException)
        {
            // Another node was quicker, or the API server is away: the next look finds out.
        }
    }

    private bool IsFirst() => watch.Nodes.List().All(other => string.CompareOrdinal(other.Metadata.Name, node) >= 0);

    private sealed record Judgement(Dictionary<(string Kind, string Name), long?> Generations, IReadOnlyCollection<Problem> Found);
}
