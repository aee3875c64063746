using Podwire.Kube.Objects;
using Podwire.Kubelet.Interop;
using Podwire.Kubelet.Probes;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Pods;

/// <summary>Containers: taking up, starting, watching, ending.</summary>
internal sealed partial class PodWorker
{
    private const string HostImage = PodStatusBuilder.HostImage;

    private readonly Dictionary<string, ContainerProbes> probes = [];
    private readonly HashSet<string> watched = [];
    private readonly Dictionary<string, (BackOff BackOff, DateTimeOffset NotBefore)> images = [];
    private TimeSpan? heldRetry;

    /// <summary>After a restart: what of the sandbox and the containers still is.</summary>
    private async Task TakeUpAsync(CancellationToken cancel)
    {
        if (state.Sandbox is { } sandbox && (state.BootId != PodStore.BootId || sandbox.Phase != SandboxPhase.Ready || !Stands(sandbox)))
        {
            // Half-made, half-removed, or lost with the machine's last boot: what is left of it is removed before anything else.
            state = state with { Sandbox = sandbox with { Phase = SandboxPhase.Removing } };
        }

        Refresh(cancel);
        foreach (var (name, record) in state.Containers)
        {
            if (record is { IsRunning: true, Process: not null } && Specification(name) is { } container)
            {
                var status = pod.Status.ContainerStatuses.Concat(pod.Status.InitContainerStatuses)
                    .FirstOrDefault(one => one.ContainerID == PodStatusBuilder.Scheme + record.Id);
                await StartProbesAsync(container, record, new(status?.Started == true, status?.Ready == true));
            }
        }
    }

    private static bool Stands(SandboxState sandbox)
    {
        if (sandbox.NetworkNamespace is not { } path)
        {
            return true;
        }

        using var netns = Netlink.Namespaces.NetNamespace.TryOpen(path);
        return netns is not null;
    }

    private Container? Specification(string name) =>
        pod.Spec.Containers.Find(container => container.Name == name) ?? pod.Spec.InitContainers.Find(container => container.Name == name);

    /// <summary>Reads what the shims wrote; who runs is watched.</summary>
    private void Refresh(CancellationToken cancel)
    {
        var before = state;
        foreach (var (name, record) in before.Containers)
        {
            if (!record.IsRunning)
            {
                continue;
            }

            var now = services.Runtime.Refresh(before, name, record);
            if (now != record)
            {
                state = state.With(name, now);
            }

            if (now.End is { } end)
            {
                Ended(name, now, end);
            }
            else if (watched.Add(record.Id))
            {
                _ = WatchAsync(name, record, cancel);
            }
        }

        if (state != before)
        {
            services.Store.Save(state);
        }
    }

    private void Ended(string name, ContainerRecord record, ContainerEnd end)
    {
        watched.Remove(record.Id);
        KubeletLog.Ended(services.Log, Title, name, end.Reason, end.ExitCode);
        if (end.Reason == "ContainerStatusUnknown")
        {
            ContainerRuntime.EndStrays(record);
        }
        else if (end.Reason != "StartError" && Specification(name)?.TerminationMessagePolicy == "FallbackToLogsOnError" && end.ExitCode != 0)
        {
            state = state.With(name, record with { End = end with { Message = Logs.CriLogTail.Read(services.Paths.Log(state, name, record.Attempt)) } });
        }

        if (probes.Remove(name, out var running))
        {
            // Its loops may be in the middle of a try; nothing waits for them.
            _ = running.DisposeAsync().AsTask();
        }
    }

    private async Task WatchAsync(string name, ContainerRecord record, CancellationToken cancel)
    {
        try
        {
            await services.Runtime.WatchAsync(state, name, record, cancel);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Wake();
    }

    /// <summary>Starts a container; false if it cannot be started now, with the reason in its status.</summary>
    private async Task<bool> StartAsync(Pod now, string name, CancellationToken cancel)
    {
        var container = Specification(name)!;
        if (!HasImage(now, container))
        {
            return false;
        }

        var before = state.Container(name);
        var record = new ContainerRecord
        {
            Id = ContainerRuntime.NewId(),
            Attempt = before is null ? 0 : before.Attempt + 1,
            Last = before?.End,
            BackOff = before is null ? default : before.BackOff.Next(before.End!.Worked),
        };
        Shim.ShimConfig config;
        try
        {
            config = services.Configs.Build(now, state, container, record.Attempt, await FactsAsync(now, container, cancel));
        }
        catch (ConfigurationException error)
        {
            Hold(now, name, error);
            return false;
        }

        waiting.TryRemove(name, out _);
        state = state.With(name, record);
        services.Store.Save(state);
        record = await services.Runtime.StartAsync(state, name, record, config, cancel);
        state = state.With(name, record);
        services.Store.Save(state);
        services.Runtime.Prune(state, name, record);
        if (record.End is { } end)
        {
            services.Tell(now, true, "Failed", $"Error: failed to start container \"{name}\": {end.Message ?? end.Reason}");
            KubeletLog.Ended(services.Log, Title, name, end.Reason, end.ExitCode);
            return true;
        }

        services.Tell(now, false, "Created", $"Created container: {name}");
        services.Tell(now, false, "Started", $"Started container {name}");
        KubeletLog.Started(services.Log, Title, name, record.Attempt, record.Process?.Pid ?? 0);
        if (watched.Add(record.Id))
        {
            _ = WatchAsync(name, record, cancel);
        }

        await StartProbesAsync(container, record, default);
        await PostStartAsync(now, container, record, config, cancel);
        return true;
    }

    private async Task PostStartAsync(Pod now, Container container, ContainerRecord record, Shim.ShimConfig config, CancellationToken cancel)
    {
        if (container.Lifecycle?.PostStart is not { } hook || record.Process is not { } process)
        {
            return;
        }

        var outcome = await HandlerRunner.RunAsync(hook, new(container, process, config, PodIP), GracePeriod(now), cancel);
        if (!outcome.Success)
        {
            var deadline = services.Clock.GetUtcNow() + GracePeriod(now);
            services.Tell(now, true, "FailedPostStartHook", $"PostStartHook failed: {outcome.Message}");
            await KillAsync(container.Name, () => deadline, $"FailedPostStartHook: {outcome.Message}", cancel);
        }
    }

    private bool HasImage(Pod now, Container container)
    {
        if (container.Image == HostImage)
        {
            return true;
        }

        var time = services.Clock.GetUtcNow();
        var (backOff, notBefore) = images.GetValueOrDefault(container.Name);
        if (time < notBefore)
        {
            waiting[container.Name] = new("ImagePullBackOff", $"Back-off pulling image \"{container.Image}\"");
            heldRetry = Sooner(heldRetry, notBefore - time);
            return false;
        }

        var why = $"the built-in runtime has only the image \"{HostImage}\" (the machine's own root file system)";
        if (container.ImagePullPolicy == "Never")
        {
            waiting[container.Name] = new("ErrImageNeverPull", $"Container image \"{container.Image}\" is not present with pull policy of Never: {why}");
        }
        else
        {
            waiting[container.Name] = new("ErrImagePull", $"failed to pull image \"{container.Image}\": {why}");
            services.Tell(now, false, "Pulling", $"Pulling image \"{container.Image}\"");
            services.Tell(now, true, "Failed", $"Failed to pull image \"{container.Image}\": {why}");
        }

        services.Tell(now, true, "Failed", $"Error: {waiting[container.Name].Reason}");
        var next = backOff.Next();
        images[container.Name] = (next, time + next.Delay);

        // The first reason stays visible for a moment, then the back-off is.
        heldRetry = Sooner(heldRetry, TimeSpan.FromSeconds(2));
        return false;
    }

    private void Hold(Pod now, string name, ConfigurationException error)
    {
        var held = new WaitingReason(error.Reason == "FailedMount" ? "CreateContainerConfigError" : error.Reason, error.Message);
        if (waiting.GetValueOrDefault(name) != held)
        {
            services.Tell(now, true, error.Reason == "FailedMount" ? "FailedMount" : "Failed", error.Reason == "FailedMount" ? $"MountVolume.SetUp failed for {error.Message}" : $"Error: {error.Message}");
            KubeletLog.PodTrouble(services.Log, Title, error.Reason, error.Message);
        }

        waiting[name] = held;

        // What it refers to may come to be; nothing tells when.
        heldRetry = Sooner(heldRetry, TimeSpan.FromSeconds(5));
    }

    private async Task<PodFacts> FactsAsync(Pod now, Container container, CancellationToken cancel)
    {
        var (mapNames, secretNames) = PodReferences.Of(now, container);
        var maps = new Dictionary<string, ConfigMap>();
        foreach (var name in mapNames)
        {
            if (await services.Api.GetConfigMapAsync(state.Namespace, name, cancel) is { } map)
            {
                maps[name] = map;
            }
        }

        var secrets = new Dictionary<string, Secret>();
        foreach (var name in secretNames)
        {
            if (await services.Api.GetSecretAsync(state.Namespace, name, cancel) is { } secret)
            {
                secrets[name] = secret;
            }
        }

        return new()
        {
            PodIPs = now.Spec.HostNetwork == true ? services.HostIPs : state.Sandbox!.PodIPs,
            HostIPs = services.HostIPs,
            Allocatable = services.Allocatable,
            Hostname = now.Spec.HostNetwork == true ? Environment.MachineName : PodHosts.Hostname(now),
            Services = services.Services(),
            ConfigMaps = maps,
            Secrets = secrets,
        };
    }

    private string PodIP => pod.Spec.HostNetwork == true ? services.HostIPs[0] : state.Sandbox?.PodIPs is [var first, ..] ? first : "";

    private ContainerHealth HealthOf(string name) => probes.TryGetValue(name, out var running) ? running.Health : new(Started: true, Ready: true);

    private async Task StartProbesAsync(Container container, ContainerRecord record, ContainerHealth before)
    {
        if (probes.Remove(container.Name, out var old))
        {
            await old.DisposeAsync();
        }

        if (record.Process is not { } process
            || (container.StartupProbe is null && container.ReadinessProbe is null && container.LivenessProbe is null)
            || services.Paths.Attempt(state.Uid, container.Name, record.Attempt).ReadConfig() is not { } config)
        {
            return;
        }

        probes[container.Name] = new(new(container, process, config, PodIP), before, Wake, (kind, message) => services.Tell(pod, true, "Unhealthy", $"{kind} probe failed: {message}"), services.Clock);
    }

    private async Task StopProbesAsync()
    {
        foreach (var running in probes.Values)
        {
            await running.DisposeAsync();
        }

        probes.Clear();
    }

    /// <summary>Ends a container: preStop, SIGTERM, and SIGKILL at the deadline; returns when it has ended.</summary>
    private async Task KillAsync(string name, Func<DateTimeOffset> deadline, string message, CancellationToken cancel)
    {
        if (state.Container(name) is not { IsRunning: true } record)
        {
            return;
        }

        KubeletLog.Stopping(services.Log, Title, name, message);
        services.Tell(pod, false, "Killing", message.Contains("probe", StringComparison.Ordinal) ? message : $"Stopping container {name}");
        var ended = services.Runtime.WatchAsync(state, name, record, cancel);
        TimeSpan Left() => deadline() - services.Clock.GetUtcNow();
        if (Left() > TimeSpan.Zero)
        {
            await PreStopAsync(name, record, Left(), cancel);
            services.Runtime.Signal(state, name, record, Libc.SIGTERM);
        }

        // In slices, because a second delete may bring the deadline nearer.
        var slice = TimeSpan.FromMilliseconds(200);
        while (!ended.IsCompleted && Left() is var left && left > TimeSpan.Zero)
        {
            await Task.WhenAny(ended, Task.Delay(left < slice ? left : slice, services.Clock, cancel));
        }

        while (!ended.IsCompleted)
        {
            services.Runtime.Signal(state, name, record, Libc.SIGKILL);
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(1), services.Clock, cancel));
        }

        await ended;
    }

    private async Task PreStopAsync(string name, ContainerRecord record, TimeSpan grace, CancellationToken cancel)
    {
        if (Specification(name)?.Lifecycle?.PreStop is not { } hook || record.Process is not { } process
            || services.Paths.Attempt(state.Uid, name, record.Attempt).ReadConfig() is not { } config)
        {
            return;
        }

        var outcome = await HandlerRunner.RunAsync(hook, new(Specification(name)!, process, config, PodIP), grace, cancel);
        if (!outcome.Success)
        {
            services.Tell(pod, true, "FailedPreStopHook", $"PreStopHook failed: {outcome.Message}");
        }
    }

    /// <summary>Ends every container: the pod's own, then sidecars in the reverse of their order.</summary>
    private async Task KillAllAsync(TimeSpan grace, string message, CancellationToken cancel)
    {
        if (!state.AnyRunning)
        {
            return;
        }

        var began = services.Clock.GetUtcNow();
        DateTimeOffset Deadline()
        {
            var asked = pod.Metadata is { DeletionTimestamp: not null, DeletionGracePeriodSeconds: { } seconds } ? TimeSpan.FromSeconds(seconds) : grace;
            return began + (asked < grace ? asked : grace);
        }

        var sidecars = pod.Spec.InitContainers.Where(PodPlanner.IsSidecar).Select(init => init.Name).Reverse().ToList();
        await Task.WhenAll(state.Containers.Keys.Except(sidecars).Select(name => KillAsync(name, Deadline, message, cancel)));
        foreach (var name in sidecars)
        {
            await KillAsync(name, Deadline, message, cancel);
        }

        Refresh(cancel);
    }

    /// <summary>Ends the pod and takes everything of it off the node, then out of the API.</summary>
    private async Task TerminateAsync(CancellationToken cancel)
    {
        var seconds = pod.Metadata.DeletionGracePeriodSeconds ?? pod.Spec.TerminationGracePeriodSeconds ?? 30;
        if (state.AnyRunning)
        {
            await KillAllAsync(TimeSpan.FromSeconds(seconds), "the pod was deleted", cancel);
            await TellAsync(pod, terminal: true, cancel);
        }

        while (state.Sandbox is not null)
        {
            await RemoveSandboxAsync(pod, cancel);
            if (state.Sandbox is not null)
            {
                await Task.Delay(sandboxRetry ?? TimeSpan.FromSeconds(1), services.Clock, cancel);
            }
        }

        await TellAsync(pod, terminal: true, cancel);
        if (!gone)
        {
            await services.Api.DeleteAsync(pod, cancel);
        }

        services.Store.Remove(state);
        KubeletLog.PodGone(services.Log, Title);
    }
}
