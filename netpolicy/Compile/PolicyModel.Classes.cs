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
                run.Unasked.Add(group);
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
                member.Groups = Array.FindAll(member.Groups, other => other != group);
            }
        }
    }
}
