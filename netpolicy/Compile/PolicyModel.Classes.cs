using System.Runtime.InteropServices;
using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <summary>From what changed to classes, and from classes to elements.</summary>
internal sealed partial class PolicyModel
{
    private void SelectClasses(ModelRun run)
    {
        var found = new List<PolicyId>();
        foreach (var pod in run.Pods)
        {
            if (!IsPolicedHere(pod))
            {
                Leave(pod, run);
                continue;
            }

            found.Clear();
            subjects.Find(pod.Pod!.Key.Namespace, pod.Pod.Labels, found);
            var selected = found.ConvertAll(id => policies[id]);
            selected.Sort(static (a, b) => a.Id.CompareTo(b.Id));
            Select(pod, true, selected, run);
            Select(pod, false, selected, run);
        }

        // A name in a rule of what goes out stands for other numbers now.
        if (run.PortNames.Count > 0)
        {
            foreach (var one in classes.Values)
            {
                if (!one.Ingress && Array.TrueForAll(one.Policies, policy => policies.ContainsKey(policy.Id))
                    && Array.Exists(one.Rules, rule => Array.Exists(rule.Names, name => run.PortNames.Contains(name.Name!))))
                {
                    run.ToBuild.TryAdd(one.Key, (false, [.. one.Policies.Select(policy => policies[policy.Id])], null));
                }
            }
        }
    }

    private void Select(Entity pod, bool ingress, List<PolicyRecord> selected, ModelRun run)
    {
        var applying = selected.FindAll(policy => policy.Applies(ingress));
        var key = applying.Count == 0 ? null : ClassBuilder.KeyOf(ingress, applying, pod.Pod!);
        var before = pod.Class(ingress);
        if (before?.Key == key)
        {
            if (before is not null && applying.Exists(policy => run.Policies.Contains(policy.Id)))
            {
                run.ToBuild[key!] = (ingress, applying, pod.Pod!);
            }

            return;
        }

        if (before is not null)
        {
            before.Pods.Remove(pod);
            run.Abandoned.Add(before);
        }

        if (key is not null && (!classes.ContainsKey(key) || applying.Exists(policy => run.Policies.Contains(policy.Id))))
        {
            run.ToBuild[key] = (ingress, applying, pod.Pod!);
        }

        run.Joins.Add((pod, ingress, key));
        run.Slots.UnionWith(pod.Addresses);
    }

    private static void Leave(Entity pod, ModelRun run)
    {
        if (pod is { Ingress: null, Egress: null })
        {
            return;
        }

        foreach (var ingress in (bool[])[true, false])
        {
            if (pod.Class(ingress) is { } before)
            {
                before.Pods.Remove(pod);
                run.Abandoned.Add(before);
                run.Slots.UnionWith(pod.Addresses);
            }
        }

        (pod.Ingress, pod.Egress) = (null, null);
    }

    private void BuildClasses(ModelRun run)
    {
        foreach (var (key, (ingress, selected, pod)) in run.ToBuild)
        {
            classes.TryGetValue(key, out var before);
            var after = ClassBuilder.Build(key, Settings.HasVersionedNames, ingress, selected, pod, name => portNames.TryGetValue(name, out var numbers) ? numbers.Keys : [], peer => GroupOf(peer, run));
            foreach (var group in after.Groups.Keys)
            {
                group.Users.Add(after);
            }

            foreach (var group in after.Asked.Own)
            {
                group.Trackers.Add(after);
            }

            classes[key] = after;
            run.Built.Add((before, after));
            foreach (var member in before?.Pods ?? [])
            {
                after.Pods.Add(member);
                SetClass(member, ingress, after);
                run.Slots.UnionWith(member.Addresses);
            }
        }

        foreach (var (pod, ingress, key) in run.Joins)
        {
            var joined = key is null ? null : classes[key];
            joined?.Pods.Add(pod);
            SetClass(pod, ingress, joined);
        }
    }

    private static void SetClass(Entity pod, bool ingress, PolicyClass? now)
    {
        if (ingress)
        {
            pod.Ingress = now;
        }
        else
        {
            pod.Egress = now;
        }
    }

    private PeerGroup GroupOf(PeerRecord peer, ModelRun run)
    {
        var text = PeerGroup.TextOf(peer)!;
        if (groups.TryGetValue(text, out var group))
        {
            return group;
        }

        groups[text] = group = new(text, peer);
        if (peer.Pods is { } selector)
        {
            podGroups.Add(selector, group);
            run.Groups.Add(group);
        }
        else if (peer.Nodes is { } labels)
        {
            foreach (var one in nodes.Values.Where(one => labels.Matches(one.NodeLabels!)))
            {
                SetGroups(one, [.. one.Groups, group], run);
            }
        }
        else if (domains.TryGetValue(peer.Domain!, out var domain))
        {
            SetGroups(domain, [.. domain.Groups, group], run);
        }

        return group;
    }

    private void EvaluateGroups(ModelRun run)
    {
        // A change looks at the pods of the namespaces that a new group is about; a first load looks at all pods anyway.
        foreach (var group in run.Pods.Count == pods.Count ? [] : run.Groups)
        {
            var selector = group.Peer.Pods!;
            foreach (var (ns, members) in selector.Namespace is { } own ? (podsByNamespace.TryGetValue(own, out var there) ? [new(own, there)] : []) : (IEnumerable<KeyValuePair<string, NamespacePods>>)podsByNamespace)
            {
                if (selector.Namespace is null && !selector.Namespaces!.Matches(LabelsOf(ns)))
                {
                    continue;
                }

                foreach (var pod in members.Candidates(selector.Pods))
                {
                    if (pod.Addresses.Length > 0 && selector.Pods.Matches(pod.Pod!.Labels) && !run.Pods.Contains(pod))
                    {
                        pod.Groups = [.. pod.Groups, group];
                        group.Members.Add(pod);
                    }
                }
            }
        }

        var found = new List<PeerGroup>();
        foreach (var pod in run.Pods)
        {
            found.Clear();
            if (pod.Addresses.Length > 0)
            {
                podGroups.Find(pod.Pod!.Key.Namespace, pod.Pod.Labels, found);
            }

            SetGroups(pod, CollectionsMarshal.AsSpan(found), run);
        }
    }

    private void FillClasses(ModelRun run)
    {
        foreach (var (before, after) in run.Built)
        {
            foreach (var group in after.Asked.Own)
            {
                foreach (var member in group.Members)
                {
                    foreach (var address in member.Addresses)
                    {
                        if (!after.Peers.ContainsKey(address) && after.ByGroups(address, Holders(address)) is { } may)
                        {
                            after.Peers[address] = may;
                        }
                    }
                }
            }

            // What both have in common stays as it is.
            Ask(after, run);
            if (before is not null)
            {
                Tell(before, goes: true, run);
                Release(before, run);
            }

            Tell(after, goes: false, run);
        }
    }

    /// <summary>Tells the transaction of all that a class has, as it was or as it is to be.</summary>
    private void Tell(PolicyClass one, bool goes, ModelRun run)
    {
        for (var i = 0; i < TableSchema.All.Length; i++)
        {
            if (inUse[i])
            {
                Tell(one, i, goes, run.Change);
            }
        }
    }

    private void Tell(PolicyClass one, int family, bool goes, TableChange? change)
    {
        var schema = TableSchema.All[family];
        var sets = one.SetsOf(schema);
        foreach (var set in sets.OfBlocks)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(blocks[family], set.Name, out _);
            known = (set, known.Users + (goes ? -1 : 1));
            var isFirstOrLast = known.Users == (goes ? 0 : 1);
            if (known.Users == 0)
            {
                blocks[family].Remove(set.Name);
            }

            if (isFirstOrLast && change is not null)
            {
                TellSet(change, schema, set, goes);
            }
        }

        if (change is null)
        {
            return;
        }

        foreach (var chain in chains[family].Class(one, sets))
        {
            if (goes)
            {
                change.ChainGoes(schema.Id, chain);
            }
            else
            {
                change.ChainComes(schema.Id, chain);
            }
        }

        foreach (var set in sets.Own)
        {
            TellSet(change, schema, set, goes);
        }

        var found = new List<NftSet>();
        foreach (var (address, may) in one.Peers)
        {
            if (address.Family == schema.Family)
            {
                found.Clear();
                sets.Collect(address, may, found);
                found.ForEach(set => TellElement(change, schema, set, SetElement.Of(NftScalar.Address(address)), goes));
            }
        }
    }

    private static void TellSet(TableChange change, TableSchema schema, NftSet set, bool goes)
    {
        var declaration = set.Elements.IsEmpty ? set : set with { Elements = [] };
        if (goes)
        {
            change.SetGoes(schema.Id, declaration);
        }
        else
        {
            change.SetComes(schema.Id, declaration);
        }

        foreach (var element in set.Elements)
        {
            TellElement(change, schema, declaration, element, goes);
        }
    }

    /// <summary>The set of a group in one family, as it is in the kernel or is to be.</summary>
    private static void Tell(PeerGroup group, TableSchema schema, bool goes, TableChange change)
    {
        var set = GroupSet(group, schema);
        TellSet(change, schema, set, goes);
        foreach (var address in group.Elements!)
        {
            if (address.Family == schema.Family)
            {
                TellElement(change, schema, set, SetElement.Of(NftScalar.Address(address)), goes);
            }
        }
    }

    private static NftSet GroupSet(PeerGroup group, TableSchema schema) => new() { Name = group.SetName, Key = [schema.Address] };

    /// <summary>A class begins to ask the sets of its groups: those that nobody asked before are made.</summary>
    private void Ask(PolicyClass one, ModelRun run)
    {
        foreach (var group in one.Asked.Shared)
        {
            if (++group.SetUsers > 1)
            {
                continue;
            }

            group.Elements = [];
            foreach (var member in group.Members)
            {
                foreach (var address in member.Addresses)
                {
                    if (IsMember(group, address))
                    {
                        group.Elements.Add(address);
                    }
                }
            }

            TellGroup(group, goes: false, run);
        }
    }

    private void TellGroup(PeerGroup group, bool goes, ModelRun run)
    {
        for (var i = 0; i < TableSchema.All.Length; i++)
        {
            if (inUse[i] && run.Change is { } change)
            {
                Tell(group, TableSchema.All[i], goes, change);
            }
        }
    }

    /// <summary>True if one of those who have the address is in the group.</summary>
    private bool IsMember(PeerGroup group, IpAddress address)
    {
        foreach (var holder in Holders(address))
        {
            if (Array.IndexOf(holder.Groups, group) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Classes have chains and sets in a family only while the node has a pod in it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="begins">Families that come into use, before anything else; otherwise those that go out of use, behind everything.</param>
    private void UseFamilies(ModelRun run, bool begins)
    {
        for (var i = 0; i < inUse.Length; i++)
        {
            if (localPods[i] > 0 != begins || inUse[i] == begins)
            {
                continue;
            }

            inUse[i] = begins;
            foreach (var one in classes.Values)
            {
                Tell(one, i, goes: !begins, run.Change);
            }

            if (run.Change is { } change)
            {
                foreach (var group in groups.Values)
                {
                    if (group.Elements is not null)
                    {
                        Tell(group, TableSchema.All[i], goes: !begins, change);
                    }
                }
            }
        }
    }

    private static void TellElement(TableChange change, TableSchema schema, SetObject set, SetElement element, bool goes)
    {
        if (goes)
        {
            change.ElementGoes(schema.Id, set, element);
        }
        else
        {
            change.ElementComes(schema.Id, set, element);
        }
    }

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

    private void RetireClasses(ModelRun run)
    {
        foreach (var one in run.Abandoned.Distinct())
        {
            if (classes.TryGetValue(one.Key, out var current) && current.Pods.Count == 0)
            {
                classes.Remove(one.Key);
                Tell(current, goes: true, run);
                Release(current, run);
            }
        }
    }

    private void Release(PolicyClass one, ModelRun run)
    {
        foreach (var group in one.Asked.Shared)
        {
            if (--group.SetUsers == 0)
            {
                TellGroup(group, goes: true, run);
                group.Elements = null;
            }
        }

        foreach (var group in one.Groups.Keys)
        {
            group.Users.Remove(one);
            group.Trackers.Remove(one);
            if (group.Users.Count > 0)
            {
                continue;
            }

            groups.Remove(group.Text);
            if (group.Peer.Pods is { } selector)
            {
                podGroups.Remove(selector, group);
            }

            foreach (var member in group.Members)
            {
                member.Groups = [.. member.Groups.Where(other => other != group)];
            }
        }
    }
}
