using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <content>What a transaction is told of the elements that come or go: members of groups, peers of classes, slots of pods.</content>
internal sealed partial class PolicyModel
{
    private void UpdateMembers(ModelRun run)
    {
        foreach (var (group, addresses) in run.Members)
        {
            if (group.Elements is not { } elements)
            {
                continue;
            }

            foreach (var address in addresses)
            {
                var isMember = IsMember(group, address);
                if (isMember ? !elements.Add(address) : !elements.Remove(address))
                {
                    continue;
                }

                var schema = TableSchema.Of(address.Family);
                if (run.Change is { } change && inUse[Array.IndexOf(TableSchema.All, schema)])
                {
                    TellElement(change, schema, GroupSet(group, schema), SetElement.Of(NftScalar.Address(address)), goes: !isMember);
                }
            }
        }
    }

    private void UpdatePeers(ModelRun run)
    {
        var made = new HashSet<PolicyClass>(run.Built.ConvertAll(static built => built.After));
        var found = new List<NftSet>();
        foreach (var (one, addresses) in run.Peers)
        {
            // A class that was made in this run is complete. One that was replaced, or that nobody has any more, does not matter: what it is
            // asked now may be beyond its ports, and it goes with what it had.
            if (made.Contains(one) || one.Pods.Count == 0 || !classes.TryGetValue(one.Key, out var current) || current != one)
            {
                continue;
            }

            foreach (var address in addresses)
            {
                one.Peers.TryGetValue(address, out var before);
                var after = one.ByGroups(address, Holders(address));
                if (Equals(before, after))
                {
                    continue;
                }

                if (after is null)
                {
                    one.Peers.Remove(address);
                }
                else
                {
                    one.Peers[address] = after;
                }

                if (run.Change is { } change)
                {
                    var schema = TableSchema.Of(address.Family);
                    var element = SetElement.Of(NftScalar.Address(address));
                    var family = Array.IndexOf(TableSchema.All, schema);
                    if (!inUse[family])
                    {
                        continue;
                    }

                    var own = one.SetsOf(schema);
                    Each(before, set => change.ElementGoes(schema.Id, set, element));
                    Each(after, set => change.ElementComes(schema.Id, set, element));

                    void Each(PortSet? may, Action<NftSet> tell)
                    {
                        if (may is not null)
                        {
                            found.Clear();
                            own.Collect(address, may, found);
                            found.ForEach(tell);
                        }
                    }
                }
            }
        }
    }

    private void UpdateSlots(ModelRun run)
    {
        foreach (var address in run.Slots)
        {
            var owner = claims.TryGetValue(address, out var holders) ? Owner(holders) : null;
            var after = owner is { Ingress: null, Egress: null } or null ? null : new PodSlot(
                owner.Name, owner.Ingress?.Name, owner.Egress?.Name, owner.Ingress?.HasClusterPolicies != true && owner.Egress?.HasClusterPolicies != true,
                owner.Ingress?.Default[0] == true, owner.Egress?.Default[0] == true, owner.Egress?.HasWildcards == true);
            slots.TryGetValue(address, out var before);
            if (Equals(before, after))
            {
                continue;
            }

            Observe(address, before, after, run);
            var schema = TableSchema.Of(address.Family);
            foreach (var (set, element) in before is null || run.Change is null ? [] : SlotElements(schema, address, before))
            {
                run.Change!.ElementGoes(schema.Id, set, element);
            }

            if (after is null)
            {
                slots.Remove(address);
                continue;
            }

            slots[address] = after;
            foreach (var (set, element) in run.Change is null ? [] : SlotElements(schema, address, after))
            {
                run.Change!.ElementComes(schema.Id, set, element);
            }
        }
    }
}
