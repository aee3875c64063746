using System.Text.Json;
using Podwire.Cluster.Init;
using Podwire.Cluster.Nodes;
using Podwire.Cluster.Output;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Cluster.Commands;

/// <summary><c>podwire status</c>: nodes and their daemons, pods, services.</summary>
internal sealed class StatusCommand(ClusterPaths paths)
{
    private const int NotUp = 3;
    private bool healthy = true;

    public async Task<int> RunAsync(CancellationToken cancel)
    {
        if (ClusterStore.Read(paths) is not { } state)
        {
            Console.Error.WriteLine("no cluster is up: run 'make up'");
            return NotUp;
        }

        Preflight.RequireRoot("status");
        using var client = new KubeClient(KubeConfig.Load(paths.KubeConfig));
        try
        {
            await NodesAsync(client, state, cancel).ConfigureAwait(false);
            Daemons(state);
            await PodsAsync(client, cancel).ConfigureAwait(false);
            await ServicesAsync(client, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or KubeApiException)
        {
            throw new ClusterException($"the API server does not answer: {e.Message}; read {Path.Combine(paths.Logs("control"), "podwire-apiserver.log")}");
        }

        return healthy ? 0 : 1;
    }

    private async Task NodesAsync(KubeClient client, ClusterState state, CancellationToken cancel)
    {
        var nodes = await client.ListAsync(KubeResources.Nodes, null, null, cancel).ConfigureAwait(false);
        var table = new TextTable("NODE", "STATUS", "ADDRESS", "PODS' NETWORK", "PID");
        foreach (var node in state.Nodes.OrderBy(node => node.Pid))
        {
            var seen = nodes.Items.FirstOrDefault(item => item.Metadata.Name == node.Name);
            var status = !node.IsAlive ? "Ended" : seen is null ? "Unregistered" : NodeReadiness.IsReady(seen) ? "Ready" : "NotReady";
            healthy &= status == "Ready";
            table.Add(node.Name, status, node.Address, seen?.Spec?.PodCIDR ?? "-", $"{node.Pid}");
        }

        table.WriteTo(Console.Out);
    }

    private void Daemons(ClusterState state)
    {
        var table = new TextTable("NODE", "DAEMON", "PID", "RESTARTS", "RSS");
        foreach (var node in state.Nodes.Prepend(state.Control).OfType<NodeState>().Where(node => node.IsAlive))
        {
            foreach (var (service, rss) in NodeNamespaces.InNode(node, () => Running().Select(service => (service, ResidentMegabytes(service.Pid))).ToArray()))
            {
                healthy &= service.Pid != 0;
                table.Add(node.Name, service.Name, service.Pid == 0 ? "-" : $"{service.Pid}", $"{service.Restarts}", rss < 0 ? "-" : $"{rss} MB");
            }
        }

        Console.WriteLine();
        table.WriteTo(Console.Out);
    }

    private async Task PodsAsync(KubeClient client, CancellationToken cancel)
    {
        var pods = await client.ListAsync(KubeResources.Pods, null, null, cancel).ConfigureAwait(false);
        var table = new TextTable("NAMESPACE", "POD", "STATUS", "READY", "ADDRESS", "NODE");
        foreach (var pod in pods.Items)
        {
            var containers = pod.Status?.ContainerStatuses ?? [];
            table.Add(pod.Metadata.Namespace ?? "-", pod.Metadata.Name, pod.Metadata.DeletionTimestamp is null ? pod.Status?.Phase ?? "Pending" : "Terminating", $"{containers.Count(container => container.Ready)}/{pod.Spec?.Containers.Count}", pod.Status?.PodIP ?? "-", pod.Spec?.NodeName ?? "-");
        }

        Console.WriteLine();
        table.WriteTo(Console.Out);
    }

    private static async Task ServicesAsync(KubeClient client, CancellationToken cancel)
    {
        var services = await client.ListAsync(KubeResources.Services, null, null, cancel).ConfigureAwait(false);
        var slices = await client.ListAsync(KubeResources.EndpointSlices, null, null, cancel).ConfigureAwait(false);
        var table = new TextTable("NAMESPACE", "SERVICE", "TYPE", "CLUSTER-IP", "PORTS", "ENDPOINTS");
        foreach (var service in services.Items)
        {
            var endpoints = slices.Items
                .Where(slice => slice.Metadata.Namespace == service.Metadata.Namespace && slice.Metadata.Labels.GetValueOrDefault("kubernetes.io/service-name") == service.Metadata.Name)
                .Sum(slice => slice.Endpoints.Count(endpoint => endpoint.Conditions?.Ready != false));
            table.Add(service.Metadata.Namespace ?? "-", service.Metadata.Name, service.Spec?.Type ?? "ClusterIP", service.Spec?.ClusterIP ?? "-", string.Join(",", (service.Spec?.Ports ?? []).Select(Port)), $"{endpoints}");
        }

        Console.WriteLine();
        table.WriteTo(Console.Out);
    }

    private static string Port(ServicePort port) => $"{port.Port}{(port.NodePort is null or 0 ? string.Empty : $":{port.NodePort}")}/{port.Protocol ?? "TCP"}";

    private static IReadOnlyList<RunningService> Running()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(InitCommand.StatusFile), ClusterJson.Default.IReadOnlyListRunningService) ?? [];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static long ResidentMegabytes(int pid)
    {
        try
        {
            // proc(5): VmRSS of /proc/PID/status, in kB.
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? -1 : long.Parse(line["VmRSS:".Length..^"kB".Length].Trim()) / 1024;
        }
        catch (IOException)
        {
            return -1;
        }
    }
}
