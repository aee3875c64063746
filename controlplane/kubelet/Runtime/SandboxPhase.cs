namespace Podwire.Kubelet.Runtime;

/// <summary>How far a pod's sandbox is; written down before each step, so that a restart knows what may exist.</summary>
internal enum SandboxPhase
{
    /// <summary>The namespace or the network may or may not be there: it is removed and made anew after a restart.</summary>
    Creating,

    /// <summary>Namespace and network stand.</summary>
    Ready,

    /// <summary>Being taken down; this is finished after a restart.</summary>
    Removing,
}
