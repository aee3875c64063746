using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Podwire.Cni;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;
using Podwire.Netlink;

namespace Podwire.Kubelet.Pods;

/// <summary>
/// One pod's life on this node: looks, plans (<see cref="PodPlanner"/>), acts, tells (<see cref="PodStatusBuilder"/>), waits for
/// the next change. It is the only one that changes its pod, one step at a time; other pods have workers of their own.
/// </summary>
internal sealed partial class PodWorker
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly PodServices services;
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, WaitingReason> waiting = [];
    private volatile Pod pod;
    private volatile PodState state;
    private volatile bool gone;
    private PodFailure? failure;
    private string? sent;
    private PodStatus? told;
    private int failures;

    /// <summary>A worker that does nothing until it runs.</summary>
    /// <param name="services">What it shares with others.</param>
    /// <param name="pod">The pod as the API has it, or had it.</param>
    /// <param name="held">What the node holds of it from before; null for a new one.</param>
    /// <param name="gone">The API has it no more.</param>
    public PodWorker(PodServices services, Pod pod, PodState? held, bool gone)
    {
        this.services = services;
        this.pod = pod;
        this.gone = gone;
        state = held ?? new()
        {
            Namespace = pod.Metadata.Namespace ?? "default",
            Name = pod.Metadata.Name,
            Uid = pod.Metadata.Uid!,
            BootId = PodStore.BootId,
            StartTime = pod.Status.StartTime ?? services.Clock.GetUtcNow(),
        };
        if (pod.Status is { Phase: "Failed", Reason: "DeadlineExceeded" })
        {
            failure = new("DeadlineExceeded", pod.Status.Message ?? "");
        }
    }

    /// <summary>What the node holds of the pod now.</summary>
    public PodState State => state;

    /// <summary>The pod as the API has it.</summary>
    public Pod Pod => pod;

    /// <summary>Why a container that was never started is not, in one word.</summary>
    public string WaitingFor(string container) =>
        waiting.GetValueOrDefault(container)?.Reason ?? "ContainerCreating";

    /// <summary>The API has the pod like this now.</summary>
    public void Update(Pod now)
    {
        pod = now;
        Wake();
    }

    /// <summary>The API has the pod no more; <paramref name="last"/> is how it was.</summary>
    public void Gone(Pod last)
    {
        pod = last;
        gone = true;
        Wake();
    }

    /// <summary>Works until the pod is gone from the node (true), or <paramref name="cancel"/> (false): then its containers go on.</summary>
    public async Task<bool> RunAsync(CancellationToken cancel)
    {
        try
        {
            await TakeUpAsync(cancel);
            while (true)
            {
                TimeSpan? again;
                try
                {
                    again = await SyncAsync(cancel);
                    failures = 0;
                    if (again == TimeSpan.MinValue)
                    {
                        return true;
                    }
                }
                catch (Exception error) when (!cancel.IsCancellationRequested)
                {
                    again = Retry(error);
                }

                await WaitAsync(again, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            await StopProbesAsync();
        }
    }

    private void Wake() => wake.Writer.TryWrite(true);

    private async Task WaitAsync(TimeSpan? longest, CancellationToken cancel)
    {
        // Waiting to read takes nothing out, so a wait that was given up loses no signal.
        var signal = wake.Reader.WaitToReadAsync(cancel).AsTask();
        if (longest is { } limit)
        {
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(signal, Task.Delay(limit < TimeSpan.Zero ? TimeSpan.Zero : limit, services.Clock, timer.Token));
            await timer.CancelAsync();
            cancel.ThrowIfCancellationRequested();
        }
        else
        {
            await signal;
        }

        wake.Reader.TryRead(out _);
    }

    private TimeSpan Retry(Exception error)
    {
        failures++;
        if (error is KubeApiException or HttpRequestException or IOException or TimeoutException or SocketException)
        {
            KubeletLog.StatusFailed(services.Log, Title, error.Message.ReplaceLineEndings(" "));
        }
        else
        {
            KubeletLog.Unexpected(services.Log, Title, error);
        }

        var wait = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(failures, 6) - 1));
        return wait < LongestRetry ? wait : LongestRetry;
    }

    private string Title => $"{state.Namespace}/{state.Name}";

    /// <summary>One look: null to wait for a change, a time to look again, or the minimum once the pod is gone.</summary>
    private async Task<TimeSpan?> SyncAsync(CancellationToken cancel)
    {
        Refresh(cancel);
        var now = pod;
        if (gone || now.Metadata.DeletionTimestamp is not null)
        {
            await TerminateAsync(cancel);
            return TimeSpan.MinValue;
        }

        if (state.Containers.Count == 0 && state.Sandbox is null && now.Status.Phase is "Succeeded" or "Failed")
        {
            // It ended here before; only its object is left.
            return null;
        }

        if (services.Store.IsNew(state))
        {
            services.Store.SaveManifest(now);
            services.Store.Save(state);
        }

        TimeSpan? again;
        while (true)
        {
            var plan = failure is null
                ? PodPlanner.Plan(now, state, HealthOf, services.Clock.GetUtcNow())
                : new PodPlan { RemoveSandbox = state.Sandbox is not null };
            again = plan.Again;
            (sandboxRetry, heldRetry) = (null, null);
            if (!await ActAsync(now, plan, cancel))
            {
                break;
            }

            Refresh(cancel);
        }

        again = Sooner(again, Sooner(sandboxRetry, heldRetry));
        await TellAsync(now, terminal: failure is not null, cancel);
        return again;
    }

    /// <summary>Does what the plan says; true if it may have made another plan right.</summary>
    private async Task<bool> ActAsync(Pod now, PodPlan plan, CancellationToken cancel)
    {
        if (plan.Fail is { } reason)
        {
            failure = reason;
            services.Tell(now, true, reason.Reason, reason.Message);
            await TellAsync(now, terminal: false, cancel);
        }

        if (plan.Kill.Count > 0)
        {
            var deadline = services.Clock.GetUtcNow() + GracePeriod(now);
            await Task.WhenAll(plan.Kill.Select(kill => KillAsync(kill.Name, () => deadline, kill.Message, cancel)));
        }

        if (plan.RemoveSandbox || plan.Fail is not null)
        {
            await KillAllAsync(GracePeriod(now), failure?.Message ?? "the pod's work is done", cancel);
            await RemoveSandboxAsync(now, cancel);
            return false;
        }

        if (plan.CreateSandbox && !await CreateSandboxAsync(now, cancel))
        {
            return false;
        }

        foreach (var name in waiting.Where(pair => pair.Value.Reason == "CrashLoopBackOff" && !plan.BackingOff.ContainsKey(pair.Key)).Select(pair => pair.Key))
        {
            waiting.TryRemove(name, out _);
        }

        foreach (var (name, _) in plan.BackingOff)
        {
            BackOff(now, name);
        }

        var acted = plan.CreateSandbox || plan.Kill.Count > 0;
        foreach (var name in plan.Start)
        {
            acted |= await StartAsync(now, name, cancel);
        }

        return acted;
    }

    private void BackOff(Pod now, string name)
    {
        var record = state.Container(name)!;
        var text = $"back-off {GoText(record.BackOff.Delay)} restarting failed container={name} pod={state.Name}_{state.Namespace}({state.Uid})";
        if (waiting.GetValueOrDefault(name)?.Message != text)
        {
            waiting[name] = new("CrashLoopBackOff", text);
            services.Tell(now, true, "BackOff", $"Back-off restarting failed container {name} in pod {state.Name}_{state.Namespace}({state.Uid})");
        }
    }

    /// <summary>A duration as Go writes it: 10s, 2m40s, 5m0s.</summary>
    private static string GoText(TimeSpan time) => time.TotalMinutes >= 1 ? $"{(int)time.TotalMinutes}m{time.Seconds}s" : $"{time.Seconds}s";

    private static TimeSpan? Sooner(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other ?? one : one;

    private static TimeSpan GracePeriod(Pod now) => TimeSpan.FromSeconds(now.Spec.TerminationGracePeriodSeconds ?? 30);

    private async Task TellAsync(Pod now, bool terminal, CancellationToken cancel)
    {
        var status = PodStatusBuilder.Build(new()
        {
            Pod = now,
            Before = told ?? now.Status,
            State = state,
            Health = HealthOf,
            Waiting = name => waiting.GetValueOrDefault(name),
            Failure = failure,
            Terminal = terminal,
            HostIPs = services.HostIPs,
            Now = services.Clock.GetUtcNow(),
        });
        var text = Encoding.UTF8.GetString(KubeJson.Serialize(status));
        sent ??= Encoding.UTF8.GetString(KubeJson.Serialize(now.Status));
        if (text != sent && !gone)
        {
            if (!await services.Api.PatchStatusAsync(now, status, cancel))
            {
                gone = true;
                Wake();
            }

            (sent, told) = (text, status);
        }
    }

    private async Task<bool> CreateSandboxAsync(Pod now, CancellationToken cancel)
    {
        if (services.Clock.GetUtcNow() < sandboxNotBefore)
        {
            sandboxRetry = sandboxNotBefore - services.Clock.GetUtcNow();
            return false;
        }

        try
        {
            // Containers of a sandbox that is no more are not of the next one.
            await KillAllAsync(TimeSpan.Zero, "its sandbox is gone", cancel);
            state = await services.Sandboxes.CreateAsync(now, state, changed => state = changed, cancel);
            (sandboxFailures, sandboxRetry, sandboxNotBefore) = (0, null, default);
            KubeletLog.SandboxReady(services.Log, Title, state.Sandbox!.Id[..12], state.Sandbox.PodIPs.Count > 0 ? string.Join(',', state.Sandbox.PodIPs) : "the node's network");
            return true;
        }
        catch (Exception error) when (error is CniException or SyscallException or NetlinkException or IOException)
        {
            var detail = error is CniException { Details: { Length: > 0 } details } ? $": {details}" : "";
            SandboxTrouble(now, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {error.Message}{detail}");
            return false;
        }
    }

    private async Task RemoveSandboxAsync(Pod now, CancellationToken cancel)
    {
        try
        {
            state = await services.Sandboxes.RemoveAsync(state, changed => state = changed, cancel);
            (sandboxFailures, sandboxRetry, sandboxNotBefore) = (0, null, default);
        }
        catch (Exception error) when (error is CniException or SyscallException or IOException)
        {
            SandboxTrouble(now, "FailedKillPod", $"error killing pod: failed to remove the sandbox: {error.Message}");
        }
    }

    private void SandboxTrouble(Pod now, string reason, string message)
    {
        var wait = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(sandboxFailures++, 5)));
        sandboxRetry = wait < LongestRetry ? wait : LongestRetry;
        sandboxNotBefore = services.Clock.GetUtcNow() + sandboxRetry.Value;
        KubeletLog.PodTrouble(services.Log, Title, reason, message);
        services.Tell(now, true, reason, message);
    }

    private TimeSpan? sandboxRetry;
    private DateTimeOffset sandboxNotBefore;
    private int sandboxFailures;
}
