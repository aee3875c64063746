using Podwire.Cni;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;

namespace Podwire.CniBridge.Iptables;

/// <summary>
/// <c>ipMasqBackend: iptables</c>: a chain per container, to which POSTROUTING leads from its addresses, under the names and with the rules
/// of the reference.
/// </summary>
internal static class IptablesMasquerade
{
    private const string Nat = "nat";
    private const string Postrouting = "POSTROUTING";

    /// <summary>Masquerades the addresses, in place of what the container had there before.</summary>
    internal static void Add(string network, AttachmentId attachment, IEnumerable<IpPrefix> addresses)
    {
        var chain = IptablesNames.Chain(network, attachment.ContainerId);
        foreach (var family in addresses.GroupBy(a => a.Family))
        {
            var (rules, entrances) = Rules(network, attachment, [.. family]);
            IptablesProgram.Of(family.Key).Change(Nat, (_, script) =>
            {
                script.Fill(chain, rules);
                script.Delete(Postrouting, rule => rule.Target == chain && !entrances.Any(rule.Says));
                foreach (var entrance in entrances)
                {
                    script.Append(Postrouting, entrance);
                }
            });
        }
    }

    /// <summary>The first address that is not masqueraded as <see cref="Add"/> does it; null if all are.</summary>
    internal static IpPrefix? Missing(string network, AttachmentId attachment, IEnumerable<IpPrefix> addresses)
    {
        var chain = IptablesNames.Chain(network, attachment.ContainerId);
        foreach (var family in addresses.GroupBy(a => a.Family))
        {
            var present = IptablesProgram.Of(family.Key).Read(Nat);
            foreach (var address in family)
            {
                var (rules, entrances) = Rules(network, attachment, [address]);
                if (!present.Has(Postrouting, entrances[0]) || !rules.All(rule => present.Has(chain, rule)))
                {
                    return address;
                }
            }
        }

        return null;
    }

    /// <summary>Removes what the container has, ours or the reference's.</summary>
    internal static void Remove(NftSocket? nft, string network, AttachmentId attachment)
    {
        var chain = IptablesNames.Chain(network, attachment.ContainerId);
        foreach (var (_, program) in IptablesPresence.Holding(nft, Nat, chain))
        {
            program.Change(Nat, (_, script) => script.Remove(chain, Postrouting));
        }
    }

    /// <summary>Removes what containers of the network have that are none of these.</summary>
    internal static void Collect(NftSocket? nft, string network, IReadOnlyList<AttachmentId> valid)
    {
        var containers = valid.Select(a => a.ContainerId).ToHashSet(StringComparer.Ordinal);
        foreach (var (_, program) in IptablesPresence.Holding(nft, Nat, Postrouting))
        {
            program.Change(Nat, (present, script) =>
            {
                var gone = present[Postrouting]
                    .Select(rule => IptablesNames.ContainerOf(network, rule.Comment) is { } id && !containers.Contains(id) && rule.Target == IptablesNames.Chain(network, id) ? rule.Target : null)
                    .OfType<string>().Distinct().ToList();
                gone.ForEach(chain => script.Remove(chain, Postrouting));
            });
        }
    }

    private static (IReadOnlyList<IptablesRule> Chain, IReadOnlyList<IptablesRule> Postrouting) Rules(string network, AttachmentId attachment, IReadOnlyList<IpPrefix> addresses)
    {
        var comment = IptablesNames.Comment(network, attachment.ContainerId);
        var chain = IptablesNames.Chain(network, attachment.ContainerId);
        var groups = addresses[0].Family == IpFamily.V4 ? "224.0.0.0/4" : "ff00::/8";
        return (
            [
                .. addresses.Select(a => IptablesRule.Of("-d", a.Masked.ToString(), "-m", "comment", "--comment", comment, "-j", "ACCEPT")),
                IptablesRule.Of("!", "-d", groups, "-m", "comment", "--comment", comment, "-j", "MASQUERADE"),
            ],
            [.. addresses.Select(a => IptablesRule.Of("-s", IpPrefix.Host(a.Address).ToString(), "-m", "comment", "--comment", comment, "-j", chain))]);
    }
}
