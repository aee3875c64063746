using System.Runtime.InteropServices;
using Podwire.Kube;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile;

/// <summary>Taking in what changed: objects, their addresses, and who has an address.</summary>
internal sealed partial class PolicyModel
{
    private void TakeNamespace(string name, LabelSet? labels, ModelRun run)
    {
        if (labels is null ? !namespaces.Remove(name) : namespaces.TryGetValue(name, out var before) && before.Equals(labels))
        {
            return;
        }

        if (labels is not null)
        {
            namespaces[name] = labels;
        }

        if (podsByNamespace.TryGetValue(name, out var members))
        {
            IndexNamespace(name);
            run.Pods.UnionWith(members.All);
        }
    }

    private void IndexNamespace(string name)
    {
        var labels = LabelsOf(name);
        subjects.SetNamespace(name, labels);
        podGroups.SetNamespace(name, labels);
    }

    private void TakePolicy(PolicyId id, PolicyRecord? policy, ModelRun run)
    {
        if (policies.Remove(id, out var before))
        {
            subjects.Remove(before.Subject, id);
            // Whoever had it is in one of its classes.
            foreach (var one in classes.Values)
            {
                if (Array.Exists(one.Policies, other => other.Id == id))
                {
                    run.Pods.UnionWith(one.Pods);
                }
            }
        }

        run.Policies.Add(id);
        if (policy is null)
        {
            return;
        }

        policies[id] = policy;
        subjects.Add(policy.Subject, id);
        foreach (var (ns, members) in policy.Subject.Namespace is { } own ? (podsByNamespace.TryGetValue(own, out var there) ? [new(own, there)] : []) : (IEnumerable<KeyValuePair<string, NamespacePods>>)podsByNamespace)
        {
            var labels = LabelsOf(ns);
            foreach (var pod in members.All)
            {
                if (IsPolicedHere(pod) && policy.Subject.Matches(ns, labels, pod.Pod!.Labels))
                {
                    run.Pods.Add(pod);
                }
            }
        }
    }

    private void TakeNode(string name, NodeRecord? record, ModelRun run)
    {
        if (!nodes.TryGetValue(name, out var entity))
        {
            if (record is null)
            {
                return;
            }

            nodes[name] = entity = new($"node {name}");
        }

        SetAddresses(entity, record?.Addresses ?? [], run);
        entity.NodeLabels = record?.Labels ?? LabelSet.None;
        SetGroups(entity, record is null ? [] : [.. groups.Values.Where(group => group.Peer.Nodes?.Matches(record.Labels) == true)], run);
        if (record is null)
        {
            nodes.Remove(name);
        }
    }

    private void TakeDomain(string domain, IpAddress[]? addresses, ModelRun run)
    {
        if (!domains.TryGetValue(domain, out var entity))
        {
            if (addresses is null)
            {
                return;
            }

            domains[domain] = entity = new($"domain {domain}");
        }

        SetAddresses(entity, addresses ?? [], run);
        SetGroups(entity, addresses is null ? [] : [.. groups.Values.Where(group => group.Peer.Domain == domain)], run);
        if (addresses is null)
        {
            domains.Remove(domain);
        }
    }

    private void TakePod(ObjectKey key, PodRecord? pod, ModelRun run)
    {
        if (pod is null)
        {
            if (pods.Remove(key, out var gone))
            {
                CountNames(gone.Pod!.NamedPorts, -1, run);
                SetGroups(gone, [], run);
                SetAddresses(gone, [], run);
                CountLocal(gone);
                Leave(gone, run);
                run.Pods.Remove(gone);
                var others = podsByNamespace[key.Namespace];
                others.Set(gone, gone.Pod.Labels, null);
                if (others.All.Count == 0)
                {
                    podsByNamespace.Remove(key.Namespace);
                    subjects.RemoveNamespace(key.Namespace);
                    podGroups.RemoveNamespace(key.Namespace);
                }
            }

            return;
        }

        if (!pods.TryGetValue(key, out var entity))
        {
            pods[key] = entity = new(null);
        }

        var before = entity.Pod;
        if (pod.Equals(before))
        {
            return;
        }

        if (!podsByNamespace.TryGetValue(key.Namespace, out var members))
        {
            podsByNamespace[key.Namespace] = members = new();
            IndexNamespace(key.Namespace);
        }

        members.Set(entity, before?.Labels, pod.Labels);
        if (before is null || !before.NamedPorts.AsSpan().SequenceEqual(pod.NamedPorts))
        {
            CountNames(before?.NamedPorts ?? [], -1, run);
            CountNames(pod.NamedPorts, 1, run);
            TouchAll(entity, run);
        }

        entity.Pod = pod;
        SetAddresses(entity, IsPeer(pod) ? pod.Addresses : [], run);
        CountLocal(entity);
        if (before is not null && before.Created != pod.Created)
        {
            // Another one may have the address now.
            foreach (var address in entity.Addresses)
            {
                TouchHolders(address, run);
            }
        }

        run.Pods.Add(entity);
    }

    /// <summary>Selectors match pods with an address of their own.</summary>
    private static bool IsPeer(PodRecord pod) => !pod.IsHostNetwork && !pod.IsEnded;

    private bool IsPolicedHere(Entity pod) => pod.Addresses.Length > 0 && pod.Pod!.Node == node;

    private void CountLocal(Entity pod)
    {
        var before = pod.Local;
        pod.Local = (Has(IpFamily.V4), Has(IpFamily.V6));
        localPods[0] += (pod.Local.V4 ? 1 : 0) - (before.V4 ? 1 : 0);
        localPods[1] += (pod.Local.V6 ? 1 : 0) - (before.V6 ? 1 : 0);

        bool Has(IpFamily family) => IsPolicedHere(pod) && Array.Exists(pod.Addresses, address => address.Family == family);
    }

    private void CountNames(NamedPort[] ports, int by, ModelRun run)
    {
        foreach (var port in ports)
        {
            if (!portNames.TryGetValue(port.Name, out var numbers))
            {
                portNames[port.Name] = numbers = [];
            }

            var key = (port.Protocol, port.Port);
            var before = numbers.GetValueOrDefault(key);
            if (before + by == 0)
            {
                numbers.Remove(key);
                run.PortNames.Add(port.Name);
            }
            else
            {
                numbers[key] = before + by;
                if (before == 0)
                {
                    run.PortNames.Add(port.Name);
                }
            }

            if (numbers.Count == 0)
            {
                portNames.Remove(port.Name);
            }
        }
    }

    private void SetAddresses(Entity entity, IpAddress[] now, ModelRun run)
    {
        var before = entity.Addresses;
        if (before.AsSpan().SequenceEqual(now))
        {
            return;
        }

        var (were, are) = (Members(before), Members(now));
        foreach (var address in before)
        {
            if (!are.Contains(address))
            {
                TouchHolders(address, run);
                var holders = claims[address];
                if (holders.Length == 1)
                {
                    claims.Remove(address);
                }
                else
                {
                    claims[address] = Array.FindAll(holders, holder => holder != entity);
                }
            }
        }

        entity.Addresses = now;
        foreach (var address in now)
        {
            if (!were.Contains(address))
            {
                ref var holders = ref CollectionsMarshal.GetValueRefOrAddDefault(claims, address, out _);
                holders = holders is null ? [entity] : [.. holders, entity];
                TouchHolders(address, run);
            }
        }
    }

    /// <summary>A pod has one or two addresses; a domain name with a wildcard may have thousands.</summary>
    private static ICollection<IpAddress> Members(IpAddress[] addresses) => addresses.Length > 8 ? new HashSet<IpAddress>(addresses) : addresses;

    private void TouchHolders(IpAddress address, ModelRun run)
    {
        var isOfThisNode = slots.ContainsKey(address);
        if (claims.TryGetValue(address, out var holders))
        {
            foreach (var holder in holders)
            {
                run.Touch(holder.Groups, address);
                isOfThisNode |= holder.Pod?.Node == node;
            }
        }

        if (isOfThisNode)
        {
            run.Slots.Add(address);
        }
    }

    private static void TouchAll(Entity entity, ModelRun run)
    {
        foreach (var address in entity.Addresses)
        {
            run.Touch(entity.Groups, address);
        }
    }

    private static void SetGroups(Entity entity, ReadOnlySpan<PeerGroup> now, ModelRun run)
    {
        var before = entity.Groups;
        if (before.Length == now.Length && AreIn(before, now))
        {
            return;
        }

        TouchAll(entity, run);
        foreach (var group in before)
        {
            group.Members.Remove(entity);
        }

        entity.Groups = now.ToArray();
        foreach (var group in now)
        {
            group.Members.Add(entity);
        }

        TouchAll(entity, run);
    }

    private static bool AreIn(PeerGroup[] groups, ReadOnlySpan<PeerGroup> of)
    {
        foreach (var group in of)
        {
            if (Array.IndexOf(groups, group) < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Of several pods with one address the youngest has it: the others have not been taken away yet.</summary>
    private static Entity? Owner(Entity[] holders)
    {
        Entity? owner = null;
        foreach (var holder in holders)
        {
            if (holder.Pod is { } pod && (owner is null || IsYounger(pod, owner.Pod!)))
            {
                owner = holder;
            }
        }

        return owner;
    }

    private static bool IsYounger(PodRecord pod, PodRecord than) =>
        pod.Created != than.Created ? pod.Created > than.Created : pod.Key.CompareTo(than.Key) > 0;

    /// <summary>Those who have an address, one pod at most.</summary>
    private Entity[] Holders(IpAddress address)
    {
        if (!claims.TryGetValue(address, out var holders))
        {
            return [];
        }

        if (holders.Length == 1)
        {
            return holders;
        }

        var owner = Owner(holders);
        return Array.FindAll(holders, holder => holder.Pod is null || holder == owner);
    }
}
