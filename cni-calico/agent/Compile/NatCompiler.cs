using Podwire.CniCalico.Agent.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniCalico.Agent.Compile;

/// <summary>natOutgoing: what leaves the pools gets its node's address. Two sets and one rule per family; a pool more is an element more. Pure.</summary>
internal static class NatCompiler
{
    private const string All = "all-ipam-pools";
    private const string Masqueraded = "masq-ipam-pools";

    /// <summary>The table of a family.</summary>
    public static TableId TableOf(IpFamily family) => new(family == IpFamily.V4 ? TableFamily.Ip : TableFamily.Ip6, "podwire-calico");

    /// <summary>The rules of a family; null if no pool wants any.</summary>
    public static Table? Compile(CalicoSnapshot snapshot, IpFamily family)
    {
        var all = new List<SetElement>();
        var masqueraded = new List<SetElement>();
        foreach (var pool in snapshot.Pools.Pools)
        {
            if (pool.Cidr.Family == family)
            {
                all.Add(SetElement.Prefix(pool.Cidr));
                if (pool.NatOutgoing)
                {
                    masqueraded.Add(SetElement.Prefix(pool.Cidr));
                }
            }
        }

        if (masqueraded.Count == 0)
        {
            return null;
        }

        var key = new KeyField(family == IpFamily.V4 ? NftType.Ipv4Address : NftType.Ipv6Address);
        return new Table
        {
            Id = TableOf(family),
            Sets =
            [
                new NftSet { Name = All, Key = [key], Flags = SetFlags.Interval, Elements = [.. all] },
                new NftSet { Name = Masqueraded, Key = [key], Flags = SetFlags.Interval, Elements = [.. masqueraded] },
            ],
            Chains =
            [
                Chain.Hooked(
                    "nat-outgoing",
                    new BaseChain(ChainType.Nat, ChainHook.Postrouting, ChainPriority.SrcNat),
                    Rule.Of(new SetLookup(Payload.Saddr(family), Masqueraded), new SetLookup(Payload.Daddr(family), All, Negated: true), new Masquerade())),
            ],
        };
    }
}
