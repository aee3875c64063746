using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Pods;

/// <summary>
/// What the pod's specification and the node's state of it ask for. Pure: no clock, no I/O; called at every change, and its
/// plan is small because most of the time nothing is to be done.
/// </summary>
internal static class PodPlanner
{
    /// <summary>The plan for a pod that is not being deleted.</summary>
    /// <param name="pod">The pod as the API has it.</param>
    /// <param name="state">What the node holds of it.</param>
    /// <param name="health">What the probes say of a container.</param>
    /// <param name="now">The time.</param>
    public static PodPlan Plan(Pod pod, PodState state, Func<string, ContainerHealth> health, DateTimeOffset now)
    {
        TimeSpan? deadline = pod.Spec.ActiveDeadlineSeconds is { } seconds ? state.StartTime + TimeSpan.FromSeconds(seconds) - now : null;
        if (deadline <= TimeSpan.Zero && !IsOver(pod, state))
        {
            return new()
            {
                Fail = new("DeadlineExceeded", "Pod was active on the node longer than the specified deadline"),
                RemoveSandbox = state.Sandbox is not null,
            };
        }

        if (IsOver(pod, state))
        {
            return new() { RemoveSandbox = state.Sandbox is not null, Kill = [.. Running(pod, state).Select(name => new ContainerKill(name, "the pod's work is done"))] };
        }

        if (state.Sandbox is not { Phase: SandboxPhase.Ready })
        {
            // Containers of a lost sandbox (the machine was restarted) are over; a half-made one is removed by its maker.
            return new() { CreateSandbox = true, Again = deadline };
        }

        var plan = new Draft(pod, state, health, now, deadline);
        if (plan.InitDone())
        {
            foreach (var container in pod.Spec.Containers)
            {
                plan.Keep(container, RestartPolicy(pod));
            }
        }

        return plan.Finish();
    }

    /// <summary>True once no container of the pod runs or will run again.</summary>
    public static bool IsOver(Pod pod, PodState state)
    {
        var policy = RestartPolicy(pod);
        if (policy == "Always")
        {
            return false;
        }

        if (policy == "Never" && pod.Spec.InitContainers.Any(init => !IsSidecar(init) && state.Container(init.Name)?.End is { ExitCode: not 0 }))
        {
            return true;
        }

        return pod.Spec.Containers.TrueForAll(container =>
            state.Container(container.Name)?.End is { } end && !Restarts(policy, end));
    }

    /// <summary>Always unless the pod says otherwise.</summary>
    public static string RestartPolicy(Pod pod) => pod.Spec.RestartPolicy ?? "Always";

    /// <summary>An init container that stays: restartPolicy Always (Kubernetes: «Sidecar Containers»).</summary>
    public static bool IsSidecar(Container init) => init.RestartPolicy == "Always";

    /// <summary>True once every init container has done its part, so that the pod's containers may have started.</summary>
    public static bool IsInitialized(Pod pod, PodState state, Func<string, ContainerHealth> health) =>
        pod.Spec.Containers.Exists(container => state.Container(container.Name) is not null)
        || pod.Spec.InitContainers.TrueForAll(init => IsSidecar(init)
            ? state.Container(init.Name) is { IsRunning: true } && health(init.Name).Started
            : state.Container(init.Name)?.End is { ExitCode: 0 });

    private static bool Restarts(string policy, ContainerEnd end) => policy switch
    {
        "Always" => true,
        "OnFailure" => end.ExitCode != 0,
        _ => false,
    };

    private static IEnumerable<string> Running(Pod pod, PodState state) =>
        pod.Spec.Containers.Concat(pod.Spec.InitContainers).Select(container => container.Name).Where(name => state.Container(name) is { IsRunning: true });

    private sealed class Draft(Pod pod, PodState state, Func<string, ContainerHealth> health, DateTimeOffset now, TimeSpan? deadline)
    {
        private readonly List<string> start = [];
        private readonly List<ContainerKill> kill = [];
        private readonly Dictionary<string, TimeSpan> backingOff = [];

        /// <summary>Brings the next init container on its way; true if none is in the way of the pod's containers.</summary>
        public bool InitDone()
        {
            var begun = pod.Spec.Containers.Exists(container => state.Container(container.Name) is not null);
            foreach (var init in pod.Spec.InitContainers)
            {
                if (IsSidecar(init))
                {
                    Keep(init, "Always");
                    if (!begun && (state.Container(init.Name) is not { IsRunning: true } || !health(init.Name).Started))
                    {
                        return false;
                    }
                }
                else if (!begun && state.Container(init.Name)?.End is not { ExitCode: 0 })
                {
                    // A failed one is tried again unless the pod is never restarted, which IsOver has seen.
                    Keep(init, "OnFailure");
                    return false;
                }
            }

            return true;
        }

        public void Keep(Container container, string policy)
        {
            var record = state.Container(container.Name);
            if (record is null)
            {
                start.Add(container.Name);
            }
            else if (record.IsRunning)
            {
                if (health(container.Name).Failed is { } failure)
                {
                    kill.Add(new(container.Name, failure));
                }
            }
            else if (Restarts(policy, record.End!))
            {
                var left = record.End!.FinishedAt + record.BackOff.After(record.End.Worked) - now;
                if (left > TimeSpan.Zero)
                {
                    backingOff[container.Name] = left;
                }
                else
                {
                    start.Add(container.Name);
                }
            }
        }

        public PodPlan Finish()
        {
            TimeSpan? again = backingOff.Count > 0 ? backingOff.Values.Min() : null;
            return new()
            {
                Kill = kill,
                Start = start,
                BackingOff = backingOff,
                Again = again is null || deadline < again ? deadline : again,
            };
        }
    }
}
