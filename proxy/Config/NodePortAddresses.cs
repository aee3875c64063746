using Podwire.Primitives;

namespace Podwire.Proxy.Config;

/// <summary>At which of the node's addresses its node ports listen (KubeProxyConfiguration nodePortAddresses).</summary>
/// <param name="PrimaryOnly">Only at the node's primary address of each family (<c>primary</c>).</param>
/// <param name="Prefixes">Only at addresses inside these; empty: at all but loopback ones.</param>
internal sealed record NodePortAddresses(bool PrimaryOnly, IReadOnlyList<IpPrefix> Prefixes)
{
    /// <summary>All addresses of the node but loopback ones.</summary>
    public static NodePortAddresses All { get; } = new(false, []);
}
