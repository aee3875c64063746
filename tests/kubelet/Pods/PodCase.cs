using Podwire.Kube.Objects;
using Podwire.Kubelet.Pods;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Tests.Pods;

/// <summary>A pod and what the node holds of it, for tables.</summary>
internal sealed class PodCase
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public Pod Pod { get; } = new()
    {
        Metadata = { Name = "p", Namespace = "default", Uid = "u" },
        Spec = { RestartPolicy = "Always", Containers = [new() { Name = "a", Image = "host" }] },
    };

    public PodState State { get; private set; } = new()
    {
        Namespace = "default", Name = "p", Uid = "u", BootId = "b", StartTime = Now.AddMinutes(-1),
        Sandbox = new() { Id = "s", NetworkNamespace = "/run/netns/x", Phase = SandboxPhase.Ready, PodIPs = ["10.244.1.2"] },
    };

    public Dictionary<string, ContainerHealth> Health { get; } = [];

    public Dictionary<string, WaitingReason> Waiting { get; } = [];

    public PodCase Policy(string policy)
    {
        Pod.Spec.RestartPolicy = policy;
        return this;
    }

    public PodCase Init(string name, bool sidecar = false)
    {
        Pod.Spec.InitContainers.Add(new() { Name = name, Image = "host", RestartPolicy = sidecar ? "Always" : null });
        return this;
    }

    public PodCase Runs(string name)
    {
        State = State.With(name, new() { Id = name + "1", Process = new(7, 8), StartedAt = Now.AddSeconds(-30) });
        return this;
    }

    public PodCase Ended(string name, int exitCode, int secondsAgo = 1, int attempt = 0, int backOff = 0, int worked = 1)
    {
        State = State.With(name, new()
        {
            Id = name + "1", Attempt = attempt, Process = new(7, 8), BackOff = new(TimeSpan.FromSeconds(backOff)),
            End = new() { ContainerId = name + "1", ExitCode = exitCode, Reason = exitCode == 0 ? "Completed" : "Error", StartedAt = Now.AddSeconds(-secondsAgo - worked), FinishedAt = Now.AddSeconds(-secondsAgo) },
        });
        return this;
    }

    public PodCase NoSandbox()
    {
        State = State with { Sandbox = null };
        return this;
    }

    public PodPlan Plan() => PodPlanner.Plan(Pod, State, HealthOf, Now);

    public PodStatus Status(bool terminal = false, PodFailure? failure = null) => PodStatusBuilder.Build(new()
    {
        Pod = Pod, State = State, Health = HealthOf, Waiting = name => Waiting.GetValueOrDefault(name), Terminal = terminal, Failure = failure, HostIPs = ["10.89.0.11"], Now = Now,
    });

    private ContainerHealth HealthOf(string name) => Health.GetValueOrDefault(name, new(true, true));
}
