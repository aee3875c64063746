using Podwire.CniBridge.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Firewall;

/// <summary>
/// The nftables back end: a table per family with rules that never change. Between bridges with a policy nothing passes, unless both ends
/// are one bridge that lets its own through; then the operator's chain <c>admin</c> is asked, and what comes from a container, or answers
/// it, is accepted. An address is one element with its owner as the remark.
/// </summary>
internal sealed class NftablesFirewall : IDisposable
{
    internal const string Name = "podwire-cni-firewall";
    private const string Containers = "containers";
    private const string Bridges = "bridges";
    private const string Within = "within";
    private const string Admin = "admin";

    private readonly OwnedTable owned;

    private NftablesFirewall(OwnedTable owned) => this.owned = owned;

    /// <summary>The tables that this is one of.</summary>
    internal OwnedTable Tables => owned;

    /// <summary>Opens it in the thread's namespace; null if this kernel has no nftables.</summary>
    internal static NftablesFirewall? TryOpen() => OwnedTable.TryOpen() is { } owned ? new(owned) : null;

    /// <summary>Lets the addresses through and closes the bridge off.</summary>
    internal void Add(FirewallRequest request)
    {
        foreach (var family in request.Addresses.GroupBy(a => a.Family))
        {
            var table = OwnedTable.Id(family.Key, Name);
            owned.Change(() =>
            {
                var batch = new NftBatch();
                owned.Prepare(batch, table, Sets(family.Key), Chains(family.Key));
                var containers = ContainerSet(family.Key);
                var wanted = family.Select(a => SetElement.Of(NftScalar.Address(a), request.Owner)).ToList();
                var present = owned.Find(table, containers, (key, _, comment) => Says(comment, request.Owner) || IsOneOf(wanted, key));

                // An address has one container: whoever else had it is gone.
                batch.DeleteElements(table, containers, [.. present.Where(p => !wanted.Contains(p) && (p.Comment == request.Owner || wanted.Exists(w => w.Key == p.Key)))]);
                batch.AddElements(table, containers, [.. wanted.Where(w => !present.Contains(w))]);
                CloseOff(batch, table, request);
                return batch;
            });
        }
    }

    /// <summary>The first thing that is not as <see cref="Add"/> leaves it; null if there is none.</summary>
    internal string? Difference(FirewallRequest request)
    {
        foreach (var family in request.Addresses.GroupBy(a => a.Family))
        {
            var table = OwnedTable.Id(family.Key, Name);
            var counts = owned.Nft.CountRules(table);
            if (Chains(family.Key).FirstOrDefault(c => counts.GetValueOrDefault(c.Name) < c.Rules.Count) is { } bare && bare.Name != Admin)
            {
                return $"chain {bare.Name} of table {table} does not have its rules";
            }

            var present = owned.Find(table, ContainerSet(family.Key), (_, _, comment) => Says(comment, request.Owner)).Select(e => e.Key).ToHashSet();
            if (family.FirstOrDefault(a => !present.Contains(NftScalar.Address(a))) is { IsNone: false } missing)
            {
                return $"{missing} is not let through";
            }

            if (request.Bridge is not null && IsClosedOff(table, request) is false)
            {
                return $"bridge {request.Bridge} is not closed off as \"ingressPolicy\" says";
            }
        }

        return null;
    }

    /// <summary>Removes the addresses whose remark is one of those meant. Bridges stay closed off: others may be on them.</summary>
    internal bool Remove(Func<string?, bool> isMeant) => owned.Remove(Name, static family => [ContainerSet(family)], isMeant).Count > 0;

    /// <summary>Closes the socket.</summary>
    public void Dispose() => owned.Dispose();

    private bool IsClosedOff(TableId table, FirewallRequest request) =>
        owned.Find(table, BridgeSet, Link(request.Bridge!)) is not null
        && (owned.Find(table, WithinSet, Pair(request.Bridge!)) is not null) == (request.Policy == IngressPolicy.SameBridge);

    private void CloseOff(NftBatch batch, TableId table, FirewallRequest request)
    {
        if (request.Bridge is not { } bridge)
        {
            return;
        }

        if (owned.Find(table, BridgeSet, Link(bridge)) is null)
        {
            batch.AddElements(table, BridgeSet, SetElement.Of(Link(bridge)));
        }

        var within = owned.Find(table, WithinSet, Pair(bridge));
        if (within is null && request.Policy == IngressPolicy.SameBridge)
        {
            batch.AddElements(table, WithinSet, SetElement.Of(Pair(bridge)));
        }
        else if (within is not null && request.Policy == IngressPolicy.Isolated)
        {
            batch.DeleteElements(table, WithinSet, within);
        }
    }

    private static bool Says(ReadOnlySpan<byte> comment, string owner) => OwnedTable.Says(comment, owner);

    private static bool IsOneOf(List<SetElement> elements, ReadOnlySpan<byte> key)
    {
        foreach (var element in elements)
        {
            if (key.SequenceEqual(element.Key.Span))
            {
                return true;
            }
        }

        return false;
    }

    private static NftSet BridgeSet { get; } = new() { Name = Bridges, Key = [NftType.InterfaceName] };

    private static NftSet WithinSet { get; } = new() { Name = Within, Key = [NftType.InterfaceName, NftType.InterfaceName] };

    private static NftSet ContainerSet(IpFamily family) => new() { Name = Containers, Key = [NftType.Address(family)] };

    private static IReadOnlyList<SetObject> Sets(IpFamily family) => [ContainerSet(family), BridgeSet, WithinSet];

    private static NftData Link(string name) => NftScalar.InterfaceName(name);

    private static NftData Pair(string name) => NftData.Of(NftScalar.InterfaceName(name), NftScalar.InterfaceName(name));

    private static IReadOnlyList<Chain> Chains(IpFamily family) =>
    [
        Chain.Regular(Admin),
        Chain.Regular(
            "isolation",
            Rule.Of(new SetLookup(Concat.Of(Meta.Iifname, Meta.Oifname), Within), VerdictStatement.Return),
            Rule.Of(new SetLookup(Meta.Iifname, Bridges), new SetLookup(Meta.Oifname, Bridges), VerdictStatement.Drop)),
        Chain.Hooked(
            "forward",
            new BaseChain(ChainType.Filter, ChainHook.Forward, ChainPriority.Filter),
            Rule.Of(VerdictStatement.Jump("isolation")),
            Rule.Of(VerdictStatement.Jump(Admin)),
            Rule.Of(new SetLookup(Payload.Daddr(family), Containers), Match.State(CtState.Established | CtState.Related), VerdictStatement.Accept),
            Rule.Of(new SetLookup(Payload.Saddr(family), Containers), VerdictStatement.Accept)),
    ];
}
