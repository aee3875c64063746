using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>
/// What the watches have brought so far, and which Services it touched since the last snapshot. Written by the watches,
/// read by the loop; what both hold is immutable. What a snapshot costs depends on what changed, not on how much there is.
/// </summary>
internal sealed class ProxyState(NodeState node)
{
    private readonly Lock gate = new();
    private readonly Dictionary<ServiceKey, ServiceRecord> services = [];
    private readonly Dictionary<ServiceKey, SliceRecord[]> slices = [];
    private readonly Dictionary<(string Namespace, string Name), ServiceKey> sliceOwners = [];
    private readonly HashSet<ServiceKey> dirty = [];
    private readonly HashSet<ServiceKey> changedServices = [];
    private readonly HashSet<ServiceKey> changedEndpoints = [];
    private NodeState node = node;
    private bool allDirty;
    private DateTimeOffset? triggeredAt;

    /// <summary>Called, outside of any lock, after something changed.</summary>
    public event Action? Changed;

    /// <summary>The node as it is now.</summary>
    public NodeState Node
    {
        get
        {
            lock (gate)
            {
                return node;
            }
        }
    }

    /// <summary>How many Services wait for the next snapshot.</summary>
    public int PendingCount
    {
        get
        {
            lock (gate)
            {
                return allDirty ? services.Count : dirty.Count;
            }
        }
    }

    /// <summary>How many of these wait because the Service itself changed, and how many because its endpoints did.</summary>
    public (int Services, int Endpoints) PendingChanges
    {
        get
        {
            lock (gate)
            {
                return (changedServices.Count, changedEndpoints.Count);
            }
        }
    }

    /// <summary>A Service as it is now.</summary>
    public void SetService(ServiceRecord service)
    {
        lock (gate)
        {
            if (services.TryGetValue(service.Key, out var before) && before.Version == service.Version && before.Uid == service.Uid && service.Version.Length > 0)
            {
                return;
            }

            services[service.Key] = service;
            dirty.Add(service.Key);
            changedServices.Add(service.Key);
        }

        Changed?.Invoke();
    }

    /// <summary>A Service that is gone, or not the proxy's business any more.</summary>
    public void RemoveService(ServiceKey key)
    {
        lock (gate)
        {
            if (!services.Remove(key))
            {
                return;
            }

            dirty.Add(key);
            changedServices.Add(key);
        }

        Changed?.Invoke();
    }

    /// <summary>A slice as it is now.</summary>
    public void SetSlice(SliceRecord slice)
    {
        lock (gate)
        {
            var id = (slice.Service.Namespace, slice.Name);
            if (sliceOwners.TryGetValue(id, out var owner) && owner != slice.Service)
            {
                Detach(id, owner);
            }

            var list = slices.GetValueOrDefault(slice.Service, []);
            var at = IndexOf(list, slice.Name);
            if (at >= 0 && list[at].Version == slice.Version && slice.Version.Length > 0)
            {
                return;
            }

            // A snapshot may hold the list: it is replaced, never changed.
            if (at >= 0)
            {
                slices[slice.Service] = [.. list[..at], slice, .. list[(at + 1)..]];
            }
            else
            {
                slices[slice.Service] = [.. list[..~at], slice, .. list[~at..]];
                sliceOwners[id] = slice.Service;
            }

            dirty.Add(slice.Service);
            changedEndpoints.Add(slice.Service);
            if (slice.TriggeredAt is { } time && (triggeredAt is null || time < triggeredAt))
            {
                triggeredAt = time;
            }
        }

        Changed?.Invoke();
    }

    /// <summary>A slice that is gone.</summary>
    public void RemoveSlice(string ns, string name)
    {
        lock (gate)
        {
            if (!sliceOwners.TryGetValue((ns, name), out var owner))
            {
                return;
            }

            Detach((ns, name), owner);
        }

        Changed?.Invoke();
    }

    /// <summary>The node as it is now, but for the Services' ranges; if it matters to the rules, every Service is dirty.</summary>
    public void SetNode(NodeState now)
    {
        lock (gate)
        {
            now = now with { ServiceCidrs = node.ServiceCidrs };
            if (node.Equals(now))
            {
                return;
            }

            node = now;
            allDirty = true;
        }

        Changed?.Invoke();
    }

    /// <summary>The ranges of Service addresses as they are now; the rules of the whole table depend on them.</summary>
    public void SetServiceCidrs(IReadOnlyList<IpPrefix> ranges)
    {
        lock (gate)
        {
            if (node.ServiceCidrs.SequenceEqual(ranges))
            {
                return;
            }

            node = node with { ServiceCidrs = ranges };
            allDirty = true;
        }

        Changed?.Invoke();
    }

    /// <summary>What changed since the last call; null if nothing did.</summary>
    /// <param name="everything">Name every Service, as after the first start.</param>
    public ProxySnapshot? Take(bool everything = false)
    {
        lock (gate)
        {
            everything |= allDirty;
            if (!everything && dirty.Count == 0)
            {
                return null;
            }

            var changed = new Dictionary<ServiceKey, ServiceState?>(everything ? services.Count + dirty.Count : dirty.Count);
            foreach (var key in dirty)
            {
                changed[key] = StateOf(key);
            }

            if (everything)
            {
                foreach (var key in services.Keys)
                {
                    changed[key] = StateOf(key);
                }
            }

            var snapshot = new ProxySnapshot(node, changed) { TriggeredAt = triggeredAt, ServiceChanges = changedServices.Count, EndpointChanges = changedEndpoints.Count };
            foreach (var set in (HashSet<ServiceKey>[])[dirty, changedServices, changedEndpoints])
            {
                // A burst leaves a large table behind; walking it would cost every later snapshot.
                var isLarge = set.Count > 1000;
                set.Clear();
                if (isLarge)
                {
                    set.TrimExcess();
                }
            }

            (allDirty, triggeredAt) = (false, null);
            return snapshot;
        }
    }

    private static int IndexOf(SliceRecord[] list, string name)
    {
        int low = 0, high = list.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(list[middle].Name, name);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    private ServiceState? StateOf(ServiceKey key) =>
        services.TryGetValue(key, out var service) ? new(service, slices.GetValueOrDefault(key, [])) : null;

    private void Detach((string Namespace, string Name) id, ServiceKey owner)
    {
        sliceOwners.Remove(id);
        var list = slices[owner];
        if (list.Length == 1)
        {
            slices.Remove(owner);
        }
        else
        {
            slices[owner] = Array.FindAll(list, slice => slice.Name != id.Name);
        }

        dirty.Add(owner);
        changedEndpoints.Add(owner);
    }
}
