using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests;

/// <summary>Objects for tests, in a line each.</summary>
internal static class Make
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static Node Node(string name, string cpu = "4", string memory = "8Gi", string pods = "110", bool ready = true)
    {
        var node = new Node { Metadata = { Name = name, Uid = "uid-" + name, CreationTimestamp = Now, ResourceVersion = "1" } };
        node.Metadata.Labels["kubernetes.io/hostname"] = name;
        foreach (var (key, value) in new[] { ("cpu", cpu), ("memory", memory), ("pods", pods) })
        {
            node.Status.Allocatable[key] = node.Status.Capacity[key] = Quantity.Parse(value);
        }

        node.Status.Conditions.Add(new() { Type = "Ready", Status = ready ? "True" : "False", Reason = "Test", LastHeartbeatTime = Now });
        return node;
    }

    public static Pod Pod(string name, string ns = "default", string? node = null, string? cpu = null, string? memory = null)
    {
        var pod = new Pod { Metadata = { Name = name, Namespace = ns, Uid = "uid-" + name, CreationTimestamp = Now, ResourceVersion = "1" } };
        pod.Spec.SchedulerName = "default-scheduler";
        pod.Spec.NodeName = node;
        pod.Spec.Containers.Add(new() { Name = "main", Image = "host", Command = ["/bin/true"] });
        if (cpu is not null || memory is not null)
        {
            var resources = pod.Spec.Containers[0].Resources = new();
            if (cpu is not null)
            {
                resources.Requests["cpu"] = Quantity.Parse(cpu);
            }

            if (memory is not null)
            {
                resources.Requests["memory"] = Quantity.Parse(memory);
            }
        }

        return pod;
    }

    public static Pod Ready(this Pod pod, string ip, DateTimeOffset? since = null)
    {
        pod.Status.Phase = "Running";
        pod.Status.PodIP = ip;
        pod.Status.PodIPs = [new() { Ip = ip }];
        pod.Status.Conditions = [new() { Type = "Ready", Status = "True", LastTransitionTime = since ?? Now }];
        return pod;
    }

    public static Pod NotReady(this Pod pod, string ip)
    {
        pod.Ready(ip);
        pod.Status.Conditions[0].Status = "False";
        return pod;
    }

    public static Pod Labelled(this Pod pod, string key, string value)
    {
        pod.Metadata.Labels[key] = value;
        return pod;
    }

    public static Pod Terminating(this Pod pod)
    {
        pod.Metadata.DeletionTimestamp = Now;
        return pod;
    }

    public static Service Service(string name, params (string Name, int Port, IntOrString Target)[] ports)
    {
        var service = new Service { Metadata = { Name = name, Namespace = "default", Uid = "uid-svc-" + name, ResourceVersion = "1" } };
        service.Spec.ClusterIP = "10.96.0.10";
        service.Spec.IPFamilies = ["IPv4"];
        service.Spec.Selector["app"] = name;
        service.Spec.Ports = [.. ports.Select(port => new ServicePort { Name = port.Name, Port = port.Port, TargetPort = port.Target, Protocol = "TCP" })];
        return service;
    }

    public static Deployment Deployment(string name, int replicas, string command = "one", string maxSurge = "25%", string maxUnavailable = "25%")
    {
        var deployment = new Deployment { Metadata = { Name = name, Namespace = "default", Uid = "uid-dep-" + name, Generation = 1 } };
        deployment.Spec.Replicas = replicas;
        deployment.Spec.ProgressDeadlineSeconds = 600;
        deployment.Spec.RevisionHistoryLimit = 10;
        deployment.Spec.Selector.MatchLabels["app"] = name;
        deployment.Spec.Template.Metadata.Labels["app"] = name;
        deployment.Spec.Template.Spec.Containers.Add(new() { Name = "main", Image = "host", Command = ["/bin/echo", command] });
        deployment.Spec.Strategy = new() { Type = "RollingUpdate", RollingUpdate = new() { MaxSurge = Bound(maxSurge), MaxUnavailable = Bound(maxUnavailable) } };
        return deployment;
    }

    private static IntOrString Bound(string text) => int.TryParse(text, out var number) ? new(number) : new(text);
}
