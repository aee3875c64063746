namespace Podwire.Kubelet.Shim;

/// <summary>One bind mount in a container's own mount namespace.</summary>
/// <param name="Source">The file or directory on the node.</param>
/// <param name="Target">Where the container sees it; it must exist, because image «host» is the machine's own root.</param>
/// <param name="ReadOnly">No writing through this mount.</param>
/// <param name="Optional">Left out where the target does not exist (a machine without /etc/resolv.conf).</param>
internal sealed record ShimMount(string Source, string Target, bool ReadOnly = false, bool Optional = false);
