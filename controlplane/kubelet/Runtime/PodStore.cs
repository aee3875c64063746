using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Runtime;

/// <summary>The pods' directories under ROOT_DIR/pods: what a restarted kubelet takes up again.</summary>
/// <param name="paths">Where they are.</param>
internal sealed class PodStore(KubeletPaths paths)
{
    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";

    /// <summary>This boot of the machine.</summary>
    public static string BootId { get; } = File.ReadAllText(BootIdPath).Trim();

    /// <summary>Every pod the node holds something of. A directory without a readable state holds nothing yet and is removed.</summary>
    public IReadOnlyList<PodState> Load()
    {
        Directory.CreateDirectory(paths.Pods);
        // Below it are the contents of Secrets; pods see the machine's files, so the way there is closed to other users.
        File.SetUnixFileMode(paths.Pods, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var pods = new List<PodState>();
        foreach (var directory in Directory.GetDirectories(paths.Pods))
        {
            var uid = Path.GetFileName(directory);
            if (AtomicFile.TryReadJson(paths.State(uid), RuntimeJson.Default.PodState) is { } state && state.Uid == uid)
            {
                pods.Add(state);
            }
            else
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        return pods;
    }

    /// <summary>True if nothing of the pod was written down yet.</summary>
    public bool IsNew(PodState state) => !File.Exists(paths.State(state.Uid));

    /// <summary>Writes what the node holds of a pod; done before whatever makes it true is begun.</summary>
    public void Save(PodState state)
    {
        Directory.CreateDirectory(paths.Pod(state.Uid));
        AtomicFile.WriteJson(paths.State(state.Uid), state, RuntimeJson.Default.PodState);
    }

    /// <summary>Keeps the pod's specification for the time when the API has it no more.</summary>
    public void SaveManifest(Pod pod)
    {
        Directory.CreateDirectory(paths.Pod(pod.Metadata.Uid!));
        AtomicFile.Write(paths.Manifest(pod.Metadata.Uid!), KubeJson.Serialize(pod));
    }

    /// <summary>The pod as it was last saved; null if it cannot be read.</summary>
    public Pod? LoadManifest(string uid) => AtomicFile.TryReadJson(paths.Manifest(uid), KubeJson.TypeInfo<Pod>());

    /// <summary>Forgets a pod: its directory and its logs.</summary>
    public void Remove(PodState state)
    {
        foreach (var directory in new[] { paths.PodLogs(state), paths.Pod(state.Uid) })
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }
}
