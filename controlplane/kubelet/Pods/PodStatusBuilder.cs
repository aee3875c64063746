using System.Text.Json;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Pods;

/// <summary>A pod's status from its specification and what the node holds of it. Pure.</summary>
internal sealed class PodStatusBuilder
{
    /// <summary>The image that containers run: the machine's own root file system.</summary>
    public const string HostImage = "host";

    /// <summary>How container ids begin.</summary>
    public const string Scheme = "podwire://";

    private readonly PodStatusInput input;
    private readonly Pod pod;
    private readonly PodState state;
    private readonly bool initialized;

    private PodStatusBuilder(PodStatusInput input)
    {
        this.input = input;
        (pod, state) = (input.Pod, input.State);
        initialized = PodPlanner.IsInitialized(pod, state, input.Health);
    }

    /// <summary>The status; conditions of others in the pod's present status are kept.</summary>
    public static PodStatus Build(PodStatusInput input) => new PodStatusBuilder(input).Build();

    private PodStatus Build()
    {
        var init = pod.Spec.InitContainers.ConvertAll(container => StatusOf(container, isInit: true));
        var main = pod.Spec.Containers.ConvertAll(container => StatusOf(container, isInit: false));
        var phase = Phase(main);
        var addresses = pod.Spec.HostNetwork == true ? input.HostIPs : state.Sandbox?.PodIPs is { Count: > 0 } given ? given : [.. pod.Status.PodIPs.Select(ip => ip.Ip)];
        var status = new PodStatus
        {
            Phase = phase,
            Reason = input.Failure?.Reason,
            Message = input.Failure?.Message,
            HostIP = input.HostIPs is [var host, ..] ? host : null,
            HostIPs = [.. input.HostIPs.Select(ip => new HostIP { Ip = ip })],
            PodIP = addresses is [var address, ..] ? address : null,
            PodIPs = [.. addresses.Select(ip => new PodIP { Ip = ip })],
            StartTime = state.StartTime,
            InitContainerStatuses = init,
            ContainerStatuses = main,
            QosClass = pod.Status.QosClass ?? QosClass.Of(pod.Spec),
            ObservedGeneration = pod.Status.ObservedGeneration,
            NominatedNodeName = pod.Status.NominatedNodeName,
        };
        status.Conditions = Conditions(status, phase);
        return status;
    }

    private string Phase(List<ContainerStatus> main)
    {
        if (input.Failure is not null)
        {
            return "Failed";
        }

        var policy = PodPlanner.RestartPolicy(pod);
        if (!initialized)
        {
            var failed = pod.Spec.InitContainers.Any(container => state.Container(container.Name)?.End is { ExitCode: not 0 });
            return input.Terminal || (failed && policy == "Never") ? "Failed" : "Pending";
        }

        int running = 0, waiting = 0, stopped = 0, succeeded = 0;
        foreach (var status in main)
        {
            var end = status.State?.Terminated ?? (status.State?.Waiting is null ? null : status.LastState?.Terminated);
            running += status.State?.Running is null ? 0 : 1;
            stopped += end is null ? 0 : 1;
            succeeded += status.State?.Terminated is { ExitCode: 0 } ? 1 : 0;
            waiting += status.State?.Waiting is not null && end is null ? 1 : 0;
        }

        if (waiting > 0 && !input.Terminal)
        {
            return "Pending";
        }

        if (running > 0)
        {
            return "Running";
        }

        if (input.Terminal || policy != "Always")
        {
            return stopped == succeeded && waiting == 0 ? "Succeeded" : policy == "Never" || input.Terminal ? "Failed" : "Running";
        }

        return stopped > 0 ? "Running" : "Pending";
    }

    private ContainerStatus StatusOf(Container container, bool isInit)
    {
        var record = state.Container(container.Name);
        var waiting = input.Waiting(container.Name);
        var health = record is { IsRunning: true, Process: not null } ? input.Health(container.Name) : default;
        var sidecar = isInit && PodPlanner.IsSidecar(container);
        var status = new ContainerStatus
        {
            Name = container.Name,
            Image = container.Image,
            ImageID = record is null ? "" : Scheme + HostImage,
            ContainerID = record is null ? null : Scheme + record.Id,
            RestartCount = record?.Attempt ?? 0,
            Started = record is { IsRunning: true, Process: not null } && health.Started,
            Ready = isInit && !sidecar ? record?.End is { ExitCode: 0 } : record is { IsRunning: true, Process: not null } && health.Started && health.Ready,
        };
        if (record is null)
        {
            var byDefault = pod.Spec.InitContainers.Count > 0 && !initialized ? "PodInitializing" : "ContainerCreating";
            status.State = Waiting(waiting ?? new(byDefault));
        }
        else if (record.End is { } end)
        {
            var held = waiting is not null && !input.Terminal;
            status.State = held ? Waiting(waiting!) : new() { Terminated = Terminated(end) };
            status.LastState = held ? new() { Terminated = Terminated(end) } : LastOf(record);
        }
        else
        {
            status.State = record.Process is null ? Waiting(new("ContainerCreating")) : new() { Running = new() { StartedAt = record.StartedAt } };
            status.LastState = LastOf(record);
        }

        return status;
    }

    private static ContainerState? LastOf(ContainerRecord record) => record.Last is { } last ? new() { Terminated = Terminated(last) } : null;

    private static ContainerState Waiting(WaitingReason waiting) => new() { Waiting = new() { Reason = waiting.Reason, Message = waiting.Message } };

    private static ContainerStateTerminated Terminated(ContainerEnd end) => new()
    {
        ExitCode = end.ExitCode,
        Reason = end.Reason,
        Message = end.Message,
        StartedAt = end.StartedAt,
        FinishedAt = end.FinishedAt,
        ContainerID = Scheme + end.ContainerId,
    };

    private List<Condition> Conditions(PodStatus status, string phase)
    {
        var done = phase == "Succeeded";
        var uninitialized = pod.Spec.InitContainers.Zip(status.InitContainerStatuses)
            .Where(pair => PodPlanner.IsSidecar(pair.First) ? pair.Second.Started != true : !pair.Second.Ready)
            .Select(pair => pair.First.Name).ToList();
        var unready = status.ContainerStatuses.Concat(status.InitContainerStatuses.Zip(pod.Spec.InitContainers).Where(pair => PodPlanner.IsSidecar(pair.Second)).Select(pair => pair.First))
            .Where(container => !container.Ready).Select(container => container.Name).ToList();
        var gates = ReadinessGates().Where(gate => pod.Status.Conditions.Find(condition => condition.Type == gate)?.Status != "True").ToList();

        Condition containersReady = done ? False("ContainersReady", "PodCompleted", null)
            : phase == "Failed" ? False("ContainersReady", "PodFailed", null)
            : unready.Count > 0 ? False("ContainersReady", "ContainersNotReady", $"containers with unready status: [{string.Join(' ', unready)}]")
            : True("ContainersReady");
        var ready = containersReady.Status != "True" ? Renamed(containersReady, PodCondition.Ready)
            : gates.Count > 0 ? False(PodCondition.Ready, "ReadinessGatesNotReady", $"the status of pod readiness gate \"{gates[0]}\" is not \"True\"")
            : True(PodCondition.Ready);
        List<Condition> own =
        [
            state.Sandbox is { Phase: SandboxPhase.Ready } ? True(PodCondition.ReadyToStartContainers) : False(PodCondition.ReadyToStartContainers, null, null),
            done ? True(PodCondition.Initialized, "PodCompleted")
                : initialized || uninitialized.Count == 0 ? True(PodCondition.Initialized)
                : False(PodCondition.Initialized, "ContainersNotInitialized", $"containers with incomplete status: [{string.Join(' ', uninitialized)}]"),
            ready,
            containersReady,
            pod.Status.Conditions.Find(condition => condition.Type == PodCondition.Scheduled) ?? True(PodCondition.Scheduled),
        ];
        foreach (var condition in own)
        {
            var before = (input.Before ?? pod.Status).Conditions.Find(present => present.Type == condition.Type);
            condition.LastTransitionTime = before?.Status == condition.Status ? before.LastTransitionTime ?? input.Now : input.Now;
        }

        own.AddRange(pod.Status.Conditions.Where(condition => own.TrueForAll(mine => mine.Type != condition.Type)));
        return own;
    }

    private IEnumerable<string> ReadinessGates()
    {
        // lib/kube keeps fields it has no type for.
        if (pod.Spec.Unknown?.GetValueOrDefault("readinessGates") is not { ValueKind: JsonValueKind.Array } gates)
        {
            yield break;
        }

        foreach (var gate in gates.EnumerateArray())
        {
            if (gate.TryGetProperty("conditionType", out var type))
            {
                yield return type.GetString()!;
            }
        }
    }

    private static Condition True(string type, string? reason = null) => new() { Type = type, Status = "True", Reason = reason };

    private static Condition False(string type, string? reason, string? message) => new() { Type = type, Status = "False", Reason = reason, Message = message };

    private static Condition Renamed(Condition condition, string type) => new() { Type = type, Status = condition.Status, Reason = condition.Reason, Message = condition.Message };
}
