using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.CniBridge.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Portmap;

/// <summary>
/// The nftables back end. A table per family, with rules that never change: what comes to an address of the node is looked up in
/// <c>addressed-ports</c> (mappings limited to one address) and <c>ports</c>, whose elements lead to the container's address and port.
/// On the way out <c>sources</c> tells by container, ports and protocol which connections were translated here, and leads to the chain
/// that gives them the node's address: from the own network, because the answer would not come back through the node, and from
/// 127.0.0.0/8, because it could not. An attachment's elements carry its owner as the remark. <c>containers</c> has the addresses that
/// anything leads to: where a container's is not among them, an ADD looks at its own ports alone, however many the node has.
/// </summary>
internal sealed class PortmapTable : IDisposable
{
    internal const string Name = "podwire-cni-portmap";
    private const string Ports = "ports";
    private const string AddressedPorts = "addressed-ports";
    private const string Sources = "sources";
    private const string Containers = "containers";
    private const string Translate = "translate";
    private const string Everything = "masquerade-all";

    private readonly OwnedTable owned;

    private PortmapTable(OwnedTable owned) => this.owned = owned;

    /// <summary>The tables that this is one of.</summary>
    internal OwnedTable Tables => owned;

    /// <summary>Opens it in the thread's namespace; null if this kernel has no nftables.</summary>
    internal static PortmapTable? TryOpen() => OwnedTable.TryOpen() is { } owned ? new(owned) : null;

    /// <summary>
    /// Maps the ports to the container's address. What the owner had mapped there before goes, and so does what leads to that very
    /// address and is another's: an address has one container, so that other one is gone.
    /// </summary>
    /// <exception cref="CniException">Code 103: another container has the port; nothing was changed.</exception>
    internal void Add(PortmapConfig config, IpPrefix container, string owner)
    {
        var family = container.Family;
        var table = OwnedTable.Id(family, Name);
        var wanted = Wanted(config, container, owner);
        if (wanted.Count == 0)
        {
            return;
        }

        owned.Change(() =>
        {
            var batch = new NftBatch();
            owned.Prepare(batch, table, Sets(family), Chains(config, container));
            var isNew = owned.Find(table, ContainerSet(family), NftScalar.Address(container.Address)) is null;
            foreach (var set in Sets(family))
            {
                var mine = wanted.Where(w => w.Set == set.Name).Select(w => w.Element).ToList();
                var present = isNew ? InTheWay(table, set, config, container, owner, mine) : Concerned(table, set, config, container, owner);
                mine.RemoveAll(m => present.Any(p => p.Key == m.Key && IsSibling(p.Comment, owner)));
                var gone = present.Where(p => (p.Comment == owner || LeadsTo(p, set, container.Address)) && !mine.Contains(p)).ToArray();
                if (IsByPort(set.Name))
                {
                    RefuseTaken(config, family, present.Where(p => !gone.Contains(p) && p.Comment != owner && !IsSibling(p.Comment, owner)), set.Name);
                }

                batch.DeleteElements(table, set, gone);
                batch.AddElements(table, set, [.. mine.Where(m => !present.Contains(m))]);
            }

            return batch;
        });
    }

    /// <summary>The first thing that is not as an ADD leaves it; null if there is none.</summary>
    internal string? Difference(PortmapConfig config, IpPrefix container, string owner)
    {
        var family = container.Family;
        var table = OwnedTable.Id(family, Name);
        var wanted = Wanted(config, container, owner);
        var counts = owned.Nft.CountRules(table);
        if (wanted.Count > 0 && Chains(config, container).FirstOrDefault(c => counts.GetValueOrDefault(c.Name) < c.Rules.Count) is { } bare)
        {
            return $"chain {bare.Name} of table {table} does not have its rules";
        }

        foreach (var set in Sets(family))
        {
            var all = Concerned(table, set, config, container, owner);
            var present = all.Where(e => e.Comment == owner).ToList();
            var mine = wanted.Where(w => w.Set == set.Name).Select(w => w.Element).ToList();
            mine.RemoveAll(m => all.Any(p => p.Key == m.Key && IsSibling(p.Comment, owner)));
            if (mine.Find(m => !present.Contains(m)) is { } missing)
            {
                return set.Name switch
                {
                    Sources => $"a connection to {container.Address} is not masqueraded",
                    Containers => $"{container.Address} is not listed among the addresses that ports lead to",
                    _ => $"host port {Read(family, missing, set.Name)} does not lead to {container.Address}",
                };
            }

            if (present.Find(p => !mine.Contains(p)) is { } surplus)
            {
                return IsByPort(set.Name) ? $"host port {Read(family, surplus, set.Name)} leads to the container, and should not" : $"connections to {container.Address} are masqueraded";
            }
        }

        return null;
    }

    /// <summary>
    /// Removes the elements whose remark is one of those meant, and forgets the UDP flows that they made. Where there may be some, what leads
    /// to the containers goes first and the rest after them: killed in between, the next one still finds whose flows to forget.
    /// </summary>
    /// <returns>The mappings that there were.</returns>
    internal IReadOnlyList<PortmapFlow> Remove(Func<string?, bool> isMeant)
    {
        var inTwoSteps = false;
        List<PortmapFlow> flows = [];
        List<IpAddress> unnamed = [];
        owned.Remove(Name, static family => Sets(family), isMeant, found =>
        {
            flows = [.. found.Where(e => IsByPort(e.Set)).Select(e => new PortmapFlow(Read(e.Family, e.Element, e.Set), Target(e.Family, e.Element)))];
            unnamed = [.. found.Where(e => e.Set == Containers).Select(e => IpAddress.FromBytes(e.Element.Key.Span)).Where(a => !flows.Exists(f => f.Container == a))];
            inTwoSteps = unnamed.Count > 0 || flows.Exists(f => f.Mapping.Protocol == IpProtocol.Udp);
            return set => inTwoSteps && !IsByPort(set);
        });
        if (inTwoSteps)
        {
            StaleFlows.ForgetThese(flows, owned.Nft.Socket);
            unnamed.ForEach(container => StaleFlows.ForgetAllTo(container, owned.Nft.Socket));
            owned.Remove(Name, static family => [.. Sets(family).Where(s => !IsByPort(s.Name))], isMeant);
        }

        return flows;
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => owned.Dispose();

    /// <summary>
    /// The elements that an ADD has to look at where nothing leads to the container's address yet: those of its keys and ports. Which
    /// addresses a port has mappings for is not to be asked by the port: a mapping for all of them goes through those for one.
    /// </summary>
    private IReadOnlyList<SetElement> InTheWay(TableId table, SetObject set, PortmapConfig config, IpPrefix container, string owner, List<SetElement> mine)
    {
        var mappings = config.Mappings.Where(m => m.IsOf(container.Family)).ToList();
        if (set.Name == AddressedPorts && mappings.Exists(m => m.BoundTo is null))
        {
            return Concerned(table, set, config, container, owner);
        }

        var keys = set.Name == Ports ? mappings.ConvertAll(m => m.PortKey) : mine.ConvertAll(m => m.Key);
        var found = new List<SetElement>(keys.Count);
        foreach (var key in keys)
        {
            if (owned.Find(table, set, key) is { } element && !found.Contains(element))
            {
                found.Add(element);
            }
        }

        return found;
    }

    /// <summary>The elements that an ADD has to look at: the owner's, those of one of its ports, and those that lead to the container's address.</summary>
    private IReadOnlyList<SetElement> Concerned(TableId table, SetObject set, PortmapConfig config, IpPrefix container, string owner)
    {
        var address = container.Address.ToBytes();
        var ports = config.Mappings.Where(m => m.IsOf(container.Family)).Select(m => m.PortKey).ToArray();
        return owned.Find(table, set, (key, data, comment) =>
        {
            if (IsByPort(set.Name) ? data.StartsWith(address) : key.StartsWith(address))
            {
                return true;
            }

            if (IsByPort(set.Name))
            {
                // Both kinds of keys end in protocol and port.
                foreach (var port in ports)
                {
                    if (key.EndsWith(port.Span))
                    {
                        return true;
                    }
                }
            }

            return OwnedTable.Says(comment, owner);
        });
    }

    /// <summary>True for the maps from ports to containers; the others' keys begin with the container's address.</summary>
    private static bool IsByPort(string set) => set is Ports or AddressedPorts;

    private static PortMapping Read(IpFamily family, SetElement element, string set) => PortMapping.Read(family, element, set == AddressedPorts);

    private static IpAddress Target(IpFamily family, SetElement element) => IpAddress.FromBytes(element.Data.Span[..(family == IpFamily.V4 ? 4 : 16)]);

    private static bool LeadsTo(SetElement element, SetObject set, IpAddress container) => IsByPort(set.Name)
        ? Target(container.Family, element) == container
        : element.Key.Span[..container.Size].SequenceEqual(container.ToBytes());

    /// <summary>
    /// True for another attachment of the same container. A runtime that attaches it to several networks names its ports to each; the first
    /// one has them.
    /// </summary>
    private static bool IsSibling(string? tag, string owner) =>
        tag != owner && OwnerTag.ContainerOf(tag) is { } container && container == OwnerTag.ContainerOf(owner);

    private static void RefuseTaken(PortmapConfig config, IpFamily family, IEnumerable<SetElement> others, string set)
    {
        foreach (var other in others)
        {
            var theirs = Read(family, other, set) is { HostIp: null } any ? Read(family, other, set) with { HostIp = IpAddress.Any(family) } : Read(family, other, set);
            if (config.Mappings.FirstOrDefault(m => m.IsOf(family) && m.Collides(theirs)) is { } taken)
            {
                throw new CniException(
                    CniErrorCode.Conflict,
                    $"host port {taken} is taken by another container",
                    $"{other.Comment} maps {theirs} to {Target(family, other)}; remove that container, or use another host port");
            }
        }
    }

    private static List<OwnedElement> Wanted(PortmapConfig config, IpPrefix container, string owner)
    {
        var family = container.Family;
        var elements = new List<OwnedElement>();
        foreach (var mapping in config.Mappings.Where(m => m.IsOf(family)))
        {
            var target = NftData.Of(NftScalar.Address(container.Address), NftScalar.Port(mapping.ContainerPort));
            elements.Add(new(family, mapping.BoundTo is null ? Ports : AddressedPorts, SetElement.Map(mapping.Key, target, owner)));
            if (config.Snat)
            {
                var key = NftData.Of(NftScalar.Address(container.Address), mapping.Protocol, NftScalar.Port(mapping.ContainerPort), NftScalar.Port(mapping.HostPort));
                var wayOut = new OwnedElement(family, Sources, SetElement.Map(key, Verdict.Goto(config.MasqAll ? Everything : HairpinOf(container)), owner));

                // One port on two of the node's addresses is one way out.
                if (!elements.Contains(wayOut))
                {
                    elements.Add(wayOut);
                }
            }
        }

        if (elements.Count > 0)
        {
            elements.Add(new(family, Containers, SetElement.Of(NftScalar.Address(container.Address), owner)));
        }

        return elements;
    }

    /// <summary>A chain's name as nft's grammar takes it: no ':'.</summary>
    private static string HairpinOf(IpPrefix container) => $"net-{container.Masked.ToString().Replace(':', '_')}";

    private static IReadOnlyList<SetObject> Sets(IpFamily family)
    {
        var (address, protocol, port) = (NftType.Address(family), NftType.InetProtocol, NftType.InetService);
        return
        [
            ContainerSet(family),
            new NftMap { Name = AddressedPorts, Key = [address, protocol, port], Data = [address, port] },
            new NftMap { Name = Ports, Key = [protocol, port], Data = [address, port] },
            new NftMap { Name = Sources, Key = [KeyField.Of(Payload.Daddr(family)), KeyField.Of(Meta.L4proto), KeyField.Of(Payload.ThDport), KeyField.Of(OriginalPort)] },
        ];
    }

    private static NftSet ContainerSet(IpFamily family) => new() { Name = Containers, Key = [NftType.Address(family)] };

    private static Ct OriginalPort { get; } = new(CtKey.ProtoDst, CtDirection.Original);

    private static IReadOnlyList<Chain> Chains(PortmapConfig config, IpPrefix container)
    {
        var family = container.Family;
        var toNode = Rule.Of(Match.LocalDestination, VerdictStatement.Jump(Translate));
        var daddr = Payload.Daddr(family);
        return
        [
            Chain.Regular(
                Translate,
                Rule.Of(Nat.Dnat(family, new MapLookup(Concat.Of(daddr, Meta.L4proto, Payload.ThDport), AddressedPorts))),
                Rule.Of(Nat.Dnat(family, new MapLookup(Concat.Of(Meta.L4proto, Payload.ThDport), Ports)))),
            Chain.Hooked("prerouting", new BaseChain(ChainType.Nat, ChainHook.Prerouting, ChainPriority.DstNat), toNode),
            Chain.Hooked("output", new BaseChain(ChainType.Nat, ChainHook.Output, ChainPriority.DstNat), toNode),
            Chain.Hooked(
                "postrouting",
                new BaseChain(ChainType.Nat, ChainHook.Postrouting, ChainPriority.SrcNat),
                Rule.Of(Match.Status(CtStatus.Dnat), new VerdictMapLookup(Concat.Of(daddr, Meta.L4proto, Payload.ThDport, OriginalPort), Sources))),
            .. config.Snat ? new[] { WayOut(config, container) } : [],
        ];
    }

    private static Chain WayOut(PortmapConfig config, IpPrefix container) => config.MasqAll
        ? Chain.Regular(Everything, Rule.Of(Masquerade.FullyRandom))
        : Chain.Regular(HairpinOf(container), [From(container.Masked), .. container.Address.IsV4 ? new[] { From(Loopback) } : []]);

    private static IpPrefix Loopback { get; } = IpPrefix.Parse("127.0.0.0/8");

    private static Rule From(IpPrefix network) => Rule.Of(Match.Prefix(Payload.Saddr(network.Family), network), Masquerade.FullyRandom);
}
