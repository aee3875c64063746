namespace Podwire.Cni.Interop;

/// <summary>What a path in CNI_NETNS turned out to be.</summary>
internal enum NetNsState
{
    /// <summary>Nothing is there.</summary>
    Missing,

    /// <summary>A file of another kind: also what is left of a bind mount that was taken away.</summary>
    NotANamespace,

    /// <summary>The namespace that this process is in.</summary>
    Own,

    /// <summary>Another network namespace.</summary>
    Usable,
}
