using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Runtime;

/// <summary>What gives sandboxes their network; <see cref="CniNetwork"/>, or a stand-in under test.</summary>
internal interface INodeNetwork
{
    /// <summary>Why no sandbox can be attached now; null if one can.</summary>
    Task<string?> ProblemAsync(CancellationToken cancel);

    /// <summary>Attaches a sandbox; returns its addresses, the primary one first.</summary>
    /// <param name="pod">The pod, for its name and host ports.</param>
    /// <param name="sandbox">The sandbox; its namespace stands.</param>
    /// <param name="configPath">A file that keeps the configuration for <see cref="DetachAsync"/>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="Podwire.Cni.CniException">The network says no; the caller detaches.</exception>
    Task<IReadOnlyList<string>> AttachAsync(Pod pod, SandboxState sandbox, string configPath, CancellationToken cancel);

    /// <summary>Detaches a sandbox, with the configuration it was attached with; no harm if it never was.</summary>
    /// <exception cref="Podwire.Cni.CniException">The network says no; to be tried again.</exception>
    Task DetachAsync(PodState pod, SandboxState sandbox, string configPath, CancellationToken cancel);
}
