using Podwire.Cni;
using Podwire.Primitives;

namespace Podwire.CniBridge.Portmap;

/// <summary>Where mappings are kept in the kernel.</summary>
internal interface IPortmapBackend : IDisposable
{
    /// <summary>Maps the ports of all families to the container's addresses, in place of what the attachment had mapped before.</summary>
    /// <exception cref="CniException">Code 103: another container has a port.</exception>
    void Add(PortmapConfig config, string network, AttachmentId attachment, IReadOnlyList<IpPrefix> containers);

    /// <summary>Removes what an attachment has, and the UDP flows that it made; returns the mappings that there were.</summary>
    IReadOnlyList<PortmapFlow> Remove(string network, AttachmentId attachment);

    /// <summary>Removes, as <see cref="Remove"/>, what attachments of the network have that are not in the list.</summary>
    IReadOnlyList<PortmapFlow> Collect(string network, IReadOnlyList<AttachmentId> valid);

    /// <summary>The first thing that is not as <see cref="Add"/> leaves it; null if there is none.</summary>
    string? Difference(PortmapConfig config, string network, AttachmentId attachment, IReadOnlyList<IpPrefix> containers);

    /// <summary>Fails if the back end cannot be used.</summary>
    void Probe();
}
