using System.Text.Json;

namespace Podwire.Cluster.Nodes;

/// <summary>
/// Finds a pod's processes among a node's files: the kubelet writes ROOT_DIR/pods/UID/state.json (controlplane/kubelet/README.md).
/// Called inside the node's mount namespace.
/// </summary>
internal static class PodProcesses
{
    private const string Pods = "/var/lib/kubelet/pods";

    /// <summary>A running container's process, as the node sees it; null when the pod has none here.</summary>
    /// <param name="podNamespace">The pod's namespace.</param>
    /// <param name="name">The pod's name.</param>
    public static int? Find(string podNamespace, string name)
    {
        if (!Directory.Exists(Pods))
        {
            return null;
        }

        foreach (var directory in Directory.EnumerateDirectories(Pods))
        {
            try
            {
                using var state = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "state.json")));
                if (state.RootElement.GetProperty("namespace").ValueEquals(podNamespace) && state.RootElement.GetProperty("name").ValueEquals(name)
                    && RunningProcess(state.RootElement) is { } processId)
                {
                    return processId;
                }
            }
            catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException)
            {
                // The pod is just being made or removed.
            }
        }

        return null;
    }

    private static int? RunningProcess(JsonElement pod)
    {
        foreach (var container in pod.GetProperty("containers").EnumerateObject())
        {
            if (!container.Value.TryGetProperty("end", out _) && container.Value.TryGetProperty("process", out var process))
            {
                return process.GetProperty("pid").GetInt32();
            }
        }

        return null;
    }
}
