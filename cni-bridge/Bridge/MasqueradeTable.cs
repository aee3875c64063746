using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Nftables;
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
    private const int Attempts = 50;

    // The remark of an nftables object (nft's own limit, NFTNL_UDATA_COMMENT_MAXLEN with its zero).
    private const int MaxRemark = 127;

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private readonly NftSocket nft;

    private MasqueradeTable(NftSocket nft) => this.nft = nft;

    /// <summary>Opens it in the thread's namespace.</summary>
    /// <exception cref="CniException">Code 2: this kernel has no nftables.</exception>
    internal static MasqueradeTable Open() =>
        TryOpen() ?? throw new CniException(CniErrorCode.UnsupportedField, "\"ipMasq\" needs nftables, which this kernel does not have");

    /// <summary>As <see cref="Open"/>; null if this kernel has no nftables, and so nothing to remove.</summary>
    internal static MasqueradeTable? TryOpen()
    {
        try
        {
            return new(NftSocket.Open());
        }
        catch (SyscallException e) when (e.Errno == Errno.EPROTONOSUPPORT)
        {
            return null;
        }
    }

    /// <summary>The remark of an attachment's elements.</summary>
    internal static string Owner(string network, AttachmentId attachment) => OwnerTag.Of(network, attachment, MaxRemark);

    /// <summary>The socket.</summary>
    internal NetlinkSocket Socket => nft.Socket;

    /// <summary>Masquerades the addresses. An element that an owner who is gone has left under one of them is replaced.</summary>
    internal void Add(IEnumerable<IpPrefix> addresses, string owner)
    {
        foreach (var address in addresses)
        {
            Add(address, owner);
        }
    }

    /// <summary>True if the address is masqueraded for this owner.</summary>
    internal bool Has(IpPrefix address, string owner) => Find(address.Family).Any(e => e.Key == Key(address) && e.Comment == owner);

    /// <summary>Removes the elements whose remark is one of those meant.</summary>
    internal void Remove(Func<string?, bool> isMeant)
    {
        foreach (var family in Families)
        {
            var gone = Find(family).Where(e => isMeant(e.Comment)).ToArray();
            nft.Apply(new NftBatch().DeleteElements(Id(family), Map(family), gone));
        }
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => nft.Dispose();

    private static TableId Id(IpFamily family) => new(family == IpFamily.V4 ? TableFamily.Ip : TableFamily.Ip6, Name);

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
        for (var attempt = 1; ; attempt++)
        {
            // Read and written in one generation: another plugin may make the same chain at this moment.
            var generation = nft.GetGeneration();
            var batch = Prepare(nft.ReadTable(table), table, map, network);
            var present = Find(address.Family).FirstOrDefault(e => e.Key == element.Key);
            if (present is null)
            {
                batch.AddElements(table, map, element);
            }
            else if (present != element)
            {
                batch.DeleteElements(table, map, present).AddElements(table, map, element);
            }

            try
            {
                nft.Apply(batch, generation);
                return;
            }
            catch (NftException e) when (e.IsStale && attempt < Attempts)
            {
                // Somebody else committed in between.
            }
        }
    }

    /// <summary>What the table lacks for containers of this network.</summary>
    private static NftBatch Prepare(Table? present, TableId table, NftMap map, IpPrefix network)
    {
        var batch = new NftBatch();
        if (present is null)
        {
            batch.Add(new AddTable(table));
        }

        if (present?.FindSet(map.Name) is null)
        {
            batch.Add(new AddSet(table, map));
        }

        Ensure(Chain.Hooked(Postrouting, new BaseChain(ChainType.Nat, ChainHook.Postrouting, ChainPriority.SrcNat)), LookUp(network.Family));
        Ensure(Chain.Regular(ChainOf(network)), LeaveMasqueraded(network));
        return batch;

        void Ensure(Chain chain, Rule rule)
        {
            var there = present?.FindChain(chain.Name);
            if (there is null)
            {
                batch.Add(new AddChain(table, chain));
            }

            if (there is null || there.Rules.Count == 0)
            {
                batch.Add(new AddRule(table, chain.Name, rule));
            }
        }
    }

    private IReadOnlyList<SetElement> Find(IpFamily family)
    {
        try
        {
            return [.. nft.ReadElements(Id(family), Map(family))];
        }
        catch (NetlinkException e) when (e.Errno == Errno.ENOENT)
        {
            return [];
        }
    }
}
