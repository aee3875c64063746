using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet.Runtime;

/// <summary>Where things are under the kubelet's root directory.</summary>
/// <param name="Root">--root-dir.</param>
internal sealed record KubeletPaths(string Root)
{
    /// <summary>One directory per pod, by uid.</summary>
    public string Pods => Path.Combine(Root, "pods");

    /// <summary>One directory per pod: NAMESPACE_NAME_UID.</summary>
    public string Logs => Path.Combine(Root, "logs");

    /// <summary>A pod's own directory.</summary>
    public string Pod(string uid) => Path.Combine(Pods, uid);

    /// <summary>What the node holds of the pod.</summary>
    public string State(string uid) => Path.Combine(Pod(uid), "state.json");

    /// <summary>The pod as the API last had it, so that it can be ended as it asked even when the API has it no more.</summary>
    public string Manifest(string uid) => Path.Combine(Pod(uid), "pod.json");

    /// <summary>The files of one attempt of a container.</summary>
    public ShimDirectory Attempt(string uid, string container, int attempt) => new(Path.Combine(Pod(uid), "containers", container, $"{attempt}"));

    /// <summary>A pod's logs.</summary>
    public string PodLogs(PodState pod) => Path.Combine(Logs, $"{pod.Namespace}_{pod.Name}_{pod.Uid}");

    /// <summary>The log of one attempt of a container.</summary>
    public string Log(PodState pod, string container, int attempt) => Path.Combine(PodLogs(pod), container, $"{attempt}.log");

    /// <summary>A volume's directory.</summary>
    public string Volume(string uid, string plugin, string name) => Path.Combine(Pod(uid), "volumes", $"kubernetes.io~{plugin}", name);
}
