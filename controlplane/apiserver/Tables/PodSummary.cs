using System.Text.Json;

namespace Podwire.ApiServer.Tables;

/// <summary>The READY, STATUS and RESTARTS of a pod, by the rules of kube-apiserver's printer.</summary>
internal sealed record PodSummary(int Ready, int Total, string Status, string Restarts)
{
    public static PodSummary Of(JsonElement pod, DateTimeOffset now)
    {
        var status = pod.Text("status", "reason") is { Length: > 0 } given ? given : pod.Text("status", "phase");
        if (pod.Items("spec", "schedulingGates").Any() && pod.Items("status", "conditions").Any(condition => condition.Text("type") == "PodScheduled" && condition.Text("reason") == "SchedulingGated"))
        {
            status = "SchedulingGated";
        }

        var sidecars = pod.Items("spec", "initContainers").Where(container => container.Text("restartPolicy") == "Always").Select(container => container.Text("name")).ToHashSet();
        var (ready, total) = (0, pod.Items("spec", "containers").Count() + sidecars.Count);
        var restarts = new RestartCount();
        var initial = Initial(pod, sidecars, restarts, ref ready);
        if (initial is null || IsInitialized(pod))
        {
            restarts = initial is null ? restarts : new RestartCount();
            status = Main(pod, initial ?? status, restarts, ref ready);
        }
        else
        {
            status = initial;
        }

        if (pod.At("metadata", "deletionTimestamp") is not null)
        {
            if (pod.Text("status", "reason") == "NodeLost")
            {
                status = "Unknown";
            }
            else if (pod.Text("status", "phase") is not ("Succeeded" or "Failed"))
            {
                status = "Terminating";
            }
        }

        return new(ready, total, status, restarts.Text(now));
    }

    private static bool IsInitialized(JsonElement pod) =>
        pod.Items("status", "conditions").Any(condition => condition.Text("type") == "Initialized" && condition.Text("status") == "True");

    /// <summary>What the init containers say the pod waits for; null once they are done.</summary>
    private static string? Initial(JsonElement pod, HashSet<string> sidecars, RestartCount restarts, ref int ready)
    {
        var (index, total) = (0, pod.Items("spec", "initContainers").Count());
        foreach (var container in pod.Items("status", "initContainerStatuses"))
        {
            restarts.Add(container);
            var isSidecar = sidecars.Contains(container.Text("name"));
            if (container.At("state", "terminated") is { } terminated)
            {
                if (terminated.Number("exitCode") != 0)
                {
                    return terminated.Text("reason") is { Length: > 0 } reason ? $"Init:{reason}" : $"Init:{Exit(terminated)}";
                }
            }
            else if (isSidecar && container.Flag("started"))
            {
                ready += container.Flag("ready") ? 1 : 0;
            }
            else
            {
                return container.Text("state", "waiting", "reason") is { Length: > 0 } waiting and not "PodInitializing" ? $"Init:{waiting}" : $"Init:{index}/{total}";
            }

            index++;
        }

        return null;
    }

    private static string Main(JsonElement pod, string status, RestartCount restarts, ref int ready)
    {
        var hasRunning = false;
        foreach (var container in pod.Items("status", "containerStatuses").Reverse())
        {
            restarts.Add(container);
            if (container.Text("state", "waiting", "reason") is { Length: > 0 } waiting)
            {
                status = waiting;
            }
            else if (container.At("state", "terminated") is { } terminated)
            {
                status = terminated.Text("reason") is { Length: > 0 } reason ? reason : Exit(terminated);
            }
            else if (container.Flag("ready") && container.At("state", "running") is not null)
            {
                hasRunning = true;
                ready++;
            }
        }

        // A pod that still runs is not completed because one of its containers is.
        return status == "Completed" && hasRunning
            ? pod.Items("status", "conditions").Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True") ? "Running" : "NotReady"
            : status;
    }

    private static string Exit(JsonElement terminated) =>
        terminated.Number("signal") is not 0 and var signal ? $"Signal:{signal}" : $"ExitCode:{terminated.Number("exitCode")}";

    private sealed class RestartCount
    {
        private long count;
        private DateTimeOffset last;

        public void Add(JsonElement container)
        {
            count += container.Number("restartCount");
            if (Cell.TryTime(container.Text("lastState", "terminated", "finishedAt"), out var finished) && finished > last)
            {
                last = finished;
            }
        }

        public string Text(DateTimeOffset now) => count > 0 && last != default ? $"{count} ({HumanDuration.Format(now - last)} ago)" : count.ToString();
    }
}
