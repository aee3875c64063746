using Podwire.Cni;
using Podwire.CniBridge.Nftables;
using Podwire.Netlink;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Bridge;

/// <summary>
/// <c>ipMasq</c>: what containers send out of their network leaves with the node's address. A table per family holds one rule, which
/// looks the source up in a map from containers' addresses to the chain of their network; an attachment is one element of the map,
/// with its owner as the remark. Chains of networks stay: without an element that leads there they do nothing.
/// </summary>
internal sealed class MasqueradeTable : IDisposable
{
    private const string Name = "podwire-cni-masquerade";
    private const string Postrouting = "postrouting";
    private const string Containers = "containers";

    private readonly OwnedTable owned;

    private MasqueradeTable(OwnedTable owned) => this.owned = owned;

    /// <summary>Opens it in the thread's namespace.</summary>
    /// <exception cref="CniException">Code 2: this kernel has no nftables.</exception>
    internal static MasqueradeTable Open() =>
        TryOpen() ?? throw new CniException(CniErrorCode.UnsupportedField, "\"ipMasq\" needs nftables, which this kernel does not have");

    /// <summary>As <see cref="Open"/>; null if this kernel has no nftables, and so nothing to remove.</summary>
    internal static MasqueradeTable? TryOpen() => OwnedTable.TryOpen() is { } owned ? new(owned) : null;

    /// <summary>The remark of an attachment's elements.</summary>
    internal static string Owner(string network, AttachmentId attachment) => OwnedTable.Owner(network, attachment);

    /// <summary>The socket.</summary>
    internal NetlinkSocket Socket => owned.Nft.Socket;

    /// <summary>The tables that this is one of.</summary>
    internal OwnedTable Tables => owned;

    /// <summary>Masquerades the addresses. An element that an owner who is gone has left under one of them is replaced.</summary>
    internal void Add(IEnumerable<IpPrefix> addresses, string owner)
    {
        foreach (var address in addresses)
        {
            Add(address, owner);
        }
    }

    /// <summary>True if the address is masqueraded for this owner.</summary>
    internal bool Has(IpPrefix address, string owner) =>
        owned.Find(Id(address.Family), Map(address.Family), Key(address))?.Comment == owner;

    /// <summary>Removes the elements whose remark is one of those meant.</summary>
    internal void Remove(Func<string?, bool> isMeant) => owned.Remove(Name, static family => [Map(family)], isMeant);

    /// <summary>Closes the socket.</summary>
    public void Dispose() => owned.Dispose();

    private static TableId Id(IpFamily family) => OwnedTable.Id(family, Name);

    private static NftMap Map(IpFamily family) => new() { Name = Containers, Key = [NftType.Address(family)] };

    private static NftData Key(IpPrefix address) => NftScalar.Address(address.Address);

    /// <summary>A chain's name as nft's grammar takes it: no ':'.</summary>
    private static string ChainOf(IpPrefix network) => $"net-{network.ToString().Replace(':', '_')}";

    private static Rule LookUp(IpFamily family) => Rule.Of(new VerdictMapLookup(Payload.Saddr(family), Containers));

    /// <summary>Neither to the own network nor to a group (RFC 5771, RFC 4291 section 2.7).</summary>
    private static Rule LeaveMasqueraded(IpPrefix network)
    {
        var destination = Payload.Daddr(network.Family);
        var groups = IpPrefix.Parse(network.Family == IpFamily.V4 ? "224.0.0.0/4" : "ff00::/8");
        return Rule.Of(Match.Prefix(destination, network, negated: true), Match.Prefix(destination, groups, negated: true), Masquerade.FullyRandom);
    }

    private void Add(IpPrefix address, string owner)
    {
        var (table, map, network) = (Id(address.Family), Map(address.Family), address.Masked);
        var element = SetElement.Map(Key(address), Verdict.Goto(ChainOf(network)), owner);
        owned.Change(() =>
        {
            var batch = new NftBatch();
            owned.Prepare(batch, table, [map],
            [
                Chain.Hooked(Postrouting, new BaseChain(ChainType.Nat, ChainHook.Postrouting, ChainPriority.SrcNat), LookUp(network.Family)),
                Chain.Regular(ChainOf(network), LeaveMasqueraded(network)),
            ]);
            var present = owned.Find(table, map, element.Key);
            if (present is not null && present != element)
            {
                batch.DeleteElements(table, map, present);
            }

            return present == element ? batch : batch.AddElements(table, map, element);
        });
    }
}
