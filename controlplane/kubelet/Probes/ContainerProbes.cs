using Podwire.Kube.Objects;
using Podwire.Kubelet.Pods;

namespace Podwire.Kubelet.Probes;

/// <summary>
/// The probes of one running attempt of a container: startup first, the others once it succeeded. Each has a loop of its own.
/// </summary>
internal sealed class ContainerProbes : IAsyncDisposable
{
    private readonly CancellationTokenSource ended = new();
    private readonly HandlerTarget target;
    private readonly Action changed;
    private readonly Action<string, string> failed;
    private readonly TimeProvider clock;
    private readonly Task loops;
    private volatile bool started;
    private volatile bool ready;
    private volatile string? failure;

    /// <summary>Starts them.</summary>
    /// <param name="target">The container.</param>
    /// <param name="before">What was last told of this very attempt, so that a kubelet's restart takes no endpoint away.</param>
    /// <param name="changed">A verdict changed.</param>
    /// <param name="failed">A try failed: which probe (Startup, Readiness, Liveness), and why.</param>
    /// <param name="clock">The time.</param>
    public ContainerProbes(HandlerTarget target, ContainerHealth before, Action changed, Action<string, string> failed, TimeProvider clock)
    {
        this.target = target;
        this.changed = changed;
        this.failed = failed;
        this.clock = clock;
        started = target.Container.StartupProbe is null || before.Started;
        ready = target.Container.ReadinessProbe is null || before.Ready;
        loops = Task.Run(RunAsync);
    }

    /// <summary>What they say now.</summary>
    public ContainerHealth Health => new(started, started && ready, failure);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await loops;
        ended.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            var container = target.Container;
            if (!started && container.StartupProbe is { } startup)
            {
                await LoopAsync("Startup", startup, null, verdict =>
                {
                    started = verdict;
                    failure = verdict ? null : $"Container {container.Name} failed startup probe, will be restarted";
                }, stopAtVerdict: true);
                if (!started)
                {
                    return;
                }
            }

            var readiness = container.ReadinessProbe is { } probe ? LoopAsync("Readiness", probe, ready, verdict => ready = verdict) : Task.CompletedTask;
            if (container.LivenessProbe is { } liveness)
            {
                await LoopAsync("Liveness", liveness, true, verdict => failure = verdict ? null : $"Container {container.Name} failed liveness probe, will be restarted");
            }

            await readiness;
        }
        catch (OperationCanceledException)
        {
            // The attempt ended.
        }
    }

    private async Task LoopAsync(string kind, Probe probe, bool? begin, Action<bool> verdict, bool stopAtVerdict = false)
    {
        var tracker = new ProbeTracker(probe.SuccessThreshold ?? 1, probe.FailureThreshold ?? 3, begin);
        var cancel = ended.Token;
        await Task.Delay(TimeSpan.FromSeconds(probe.InitialDelaySeconds ?? 0), clock, cancel);
        while (true)
        {
            var outcome = await HandlerRunner.RunAsync(probe, target, cancel);
            if (!outcome.Success)
            {
                failed(kind, outcome.Message);
            }

            if (tracker.Observe(outcome.Success))
            {
                verdict(outcome.Success);
                changed();
                if (stopAtVerdict)
                {
                    return;
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(Math.Max(probe.PeriodSeconds ?? 10, 1)), clock, cancel);
        }
    }
}
