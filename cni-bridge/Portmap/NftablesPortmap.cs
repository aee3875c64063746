using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.CniBridge.Nftables;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;

namespace Podwire.CniBridge.Portmap;

/// <summary>The nftables back end, attachment by attachment.</summary>
internal sealed class NftablesPortmap : IPortmapBackend
{
    private readonly PortmapTable table;

    private NftablesPortmap(PortmapTable table) => this.table = table;

    /// <summary>The socket.</summary>
    internal NftSocket Nft => table.Tables.Nft;

    /// <summary>Opens it in the thread's namespace; null if this kernel has no nftables.</summary>
    internal static NftablesPortmap? TryOpen() => PortmapTable.TryOpen() is { } table ? new(table) : null;

    public void Add(PortmapConfig config, string network, AttachmentId attachment, IReadOnlyList<IpPrefix> containers)
    {
        foreach (var container in containers)
        {
            table.Add(config, container, OwnedTable.Owner(network, attachment));
        }
    }

    public IReadOnlyList<PortmapFlow> Remove(string network, AttachmentId attachment)
    {
        var owner = OwnedTable.Owner(network, attachment);
        return table.Remove(tag => tag == owner);
    }

    public IReadOnlyList<PortmapFlow> Collect(string network, IReadOnlyList<AttachmentId> valid)
    {
        var owners = valid.Select(a => OwnedTable.Owner(network, a)).ToHashSet(StringComparer.Ordinal);
        return table.Remove(tag => OwnerTag.IsOf(network, tag) && !owners.Contains(tag!));
    }

    public string? Difference(PortmapConfig config, string network, AttachmentId attachment, IReadOnlyList<IpPrefix> containers) =>
        containers.Select(c => table.Difference(config, c, OwnedTable.Owner(network, attachment))).FirstOrDefault(d => d is not null);

    public void Probe() => Nft.GetGeneration();

    public void Dispose() => table.Dispose();
}
