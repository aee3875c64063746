using System.Text;
using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Nftables;

/// <summary>
/// Tables of ours, one per family under one name: chains whose rules never change, and maps whose elements are the attachments', with
/// the owner as the remark. Every change is read and written in one generation, so what another plugin commits meanwhile is seen.
/// </summary>
internal sealed class OwnedTable : IDisposable
{
    /// <summary>The remark of an nftables object (nft's own limit, NFTNL_UDATA_COMMENT_MAXLEN with its zero).</summary>
    internal const int MaxRemark = 127;

    private const int Attempts = 200;

    private readonly NftSocket nft;

    private OwnedTable(NftSocket nft) => this.nft = nft;

    /// <summary>Both families, IPv4 first.</summary>
    internal static IReadOnlyList<IpFamily> Families { get; } = [IpFamily.V4, IpFamily.V6];

    /// <summary>The socket.</summary>
    internal NftSocket Nft => nft;

    /// <summary>Opens a socket in the thread's namespace; null if this kernel has no nftables.</summary>
    internal static OwnedTable? TryOpen()
    {
        NftSocket? nft = null;
        try
        {
            nft = NftSocket.Open();
            nft.GetGeneration();
            return new(nft);
        }
        catch (SyscallException e) when (e.Errno == Errno.EPROTONOSUPPORT)
        {
            return null;
        }
        catch (NetlinkException e) when (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            // nfnetlink is there, the nftables part of it is not (net/netfilter/nfnetlink.c, nfnetlink_rcv_msg).
            nft?.Dispose();
            return null;
        }
    }

    /// <summary>The table of a family.</summary>
    internal static TableId Id(IpFamily family, string name) => new(family == IpFamily.V4 ? TableFamily.Ip : TableFamily.Ip6, name);

    /// <summary>The remark of an attachment's elements.</summary>
    internal static string Owner(string network, AttachmentId attachment) => Bridge.OwnerTag.Of(network, attachment, MaxRemark);

    /// <summary>True if a remark's bytes are this text.</summary>
    internal static bool Says(ReadOnlySpan<byte> comment, string text) =>
        comment.Length == Encoding.UTF8.GetByteCount(text) && Encoding.UTF8.GetString(comment) == text;

    /// <summary>
    /// Commits what <paramref name="compose"/> writes from what it reads; it is called again if anyone committed anything in between.
    /// </summary>
    internal void Change(Func<NftBatch> compose)
    {
        for (var attempt = 1; ; attempt++)
        {
            var generation = nft.GetGeneration();
            try
            {
                nft.Apply(compose(), generation);
                return;
            }
            catch (NftException e) when (e.IsStale && attempt < Attempts)
            {
                // Somebody else committed in between.
            }
        }
    }

    /// <summary>
    /// The elements that are chosen; none if the set is not there. What is not as long as ours are is somebody else's, and left alone.
    /// </summary>
    internal IReadOnlyList<SetElement> Find(TableId table, SetObject set, ElementFilter keep)
    {
        var (keyLength, dataLength) = (set.KeyLength, (set as NftMap)?.DataLength ?? 0);
        return nft.FindElements(table, set, (key, data, comment) => key.Length == keyLength && data.Length == dataLength && keep(key, data, comment));
    }

    /// <summary>
    /// The element of a key; null if there is none. One request, however many elements there are. What is not as long as ours are is
    /// somebody else's.
    /// </summary>
    internal SetElement? Find(TableId table, SetObject set, NftData key) =>
        nft.GetElement(table, set, key) is { } found && found.Data.Length == ((set as NftMap)?.DataLength ?? 0) ? found : null;

    /// <summary>Adds to a batch what the table lacks of these sets and chains. A chain that has a rule is taken for whole.</summary>
    internal void Prepare(NftBatch batch, TableId table, IReadOnlyList<SetObject> sets, IReadOnlyList<Chain> chains)
    {
        var counts = nft.CountRules(table);
        if (chains.All(c => c.Rules.Count == 0 || counts.ContainsKey(c.Name)) && counts.Count > 0)
        {
            return;
        }

        // «Add» of what is there already changes nothing (NLM_F_CREATE without NLM_F_EXCL), as long as it is the same.
        batch.Add(new AddTable(table));
        foreach (var set in sets)
        {
            batch.Add(new AddSet(table, set));
        }

        foreach (var chain in chains)
        {
            batch.Add(new AddChain(table, chain with { Rules = default }));
        }

        foreach (var chain in chains.Where(c => !counts.ContainsKey(c.Name)))
        {
            foreach (var rule in chain.Rules)
            {
                batch.Add(new AddRule(table, chain.Name, rule));
            }
        }
    }

    /// <summary>Removes the elements that are meant, of all families and sets, and returns them with their sets.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="sets">The sets of a family.</param>
    /// <param name="isMeant">Chooses by the remark.</param>
    /// <param name="stays">Looks at what would go, and names the sets whose elements stay for now.</param>
    internal IReadOnlyList<OwnedElement> Remove(string table, Func<IpFamily, IReadOnlyList<SetObject>> sets, Func<string?, bool> isMeant, Func<List<OwnedElement>, Func<string, bool>>? stays = null)
    {
        List<OwnedElement> gone = [];
        Change(() =>
        {
            gone.Clear();
            foreach (var family in Families)
            {
                foreach (var set in sets(family))
                {
                    foreach (var element in Find(Id(family, table), set, (_, _, comment) => isMeant(Encoding.UTF8.GetString(comment))))
                    {
                        gone.Add(new(family, set.Name, element));
                    }
                }
            }

            var isLeft = stays?.Invoke(gone) ?? (static _ => false);
            var batch = new NftBatch();
            foreach (var family in Families)
            {
                foreach (var set in sets(family).Where(s => !isLeft(s.Name)))
                {
                    batch.DeleteElements(Id(family, table), set, [.. gone.Where(e => e.Family == family && e.Set == set.Name).Select(e => e.Element)]);
                }
            }

            return batch;
        });
        return gone;
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => nft.Dispose();
}
