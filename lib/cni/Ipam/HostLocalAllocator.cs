using Podwire.Primitives;

namespace Podwire.Cni.Ipam;

/// <summary>host-local's verbs over a <see cref="LeaseStore"/>.</summary>
public static class HostLocalAllocator
{
    /// <summary>
    /// Leases one address of each range set: a requested one if it lies in the set, else the next free one behind the last given out. An
    /// attachment that has leases already (an ADD that is tried again) keeps those that fit. On failure no new lease is kept.
    /// </summary>
    /// <exception cref="CniException">Code 101: a set is exhausted; 103: a requested address is taken; 7: it is in no set or is a gateway; 5.</exception>
    public static CniResult Add(HostLocalConfig config, AttachmentId attachment)
    {
        ArgumentNullException.ThrowIfNull(config);
        var dns = config.ResolvConf.Length > 0 ? ResolvConf.Load(config.ResolvConf) : CniDns.None;
        var requested = MatchRequested(config);
        using var store = LeaseStore.Open(config.DataDir, config.Network);
        var held = store.Find(attachment).ToList();
        var taken = new List<Lease>();
        try
        {
            var ips = new List<CniIp>();
            for (var i = 0; i < config.Sets.Count; i++)
            {
                var (address, range) = Lease(store, config.Sets[i], i, requested[i], attachment, held, taken);
                ips.Add(new CniIp { Address = new IpPrefix(address, range.Subnet.Length), Gateway = range.Gateway });
            }

            foreach (var unused in held)
            {
                store.Release(new Lease(unused, attachment));
            }

            return new CniResult { Ips = ips, Routes = config.Routes, Dns = dns };
        }
        catch
        {
            foreach (var lease in taken)
            {
                store.Release(lease);
            }

            throw;
        }
    }

    /// <summary>Frees what an attachment has; nothing is no failure.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    public static void Del(string dataDir, string network, AttachmentId attachment)
    {
        using var store = LeaseStore.OpenExisting(dataDir, network);
        store?.Release(attachment);
    }

    /// <summary>Compares leases with the addresses of a result: the attachment must have at least one, and each must be in the result.</summary>
    /// <exception cref="CniException">Code 102.</exception>
    public static void Check(string dataDir, string network, AttachmentId attachment, CniResult? result)
    {
        using var store = LeaseStore.OpenExisting(dataDir, network);
        var found = store?.Find(attachment) ?? [];
        if (found.Count == 0)
        {
            throw new CniException(CniErrorCode.CheckFailed, $"host-local: {attachment.ContainerId} {attachment.IfName} has no lease on network {network}");
        }

        foreach (var address in found)
        {
            if (result is not null && !result.Ips.Any(ip => ip.Address.Address == address))
            {
                throw new CniException(CniErrorCode.CheckFailed, $"host-local: the lease of {address} is not in the previous result");
            }
        }
    }

    /// <summary>Frees every lease of an attachment that is not valid; returns those freed.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    public static IReadOnlyList<Lease> Gc(string dataDir, string network, IReadOnlyCollection<AttachmentId> valid)
    {
        using var store = LeaseStore.OpenExisting(dataDir, network);
        if (store is null)
        {
            return [];
        }

        var keep = valid.ToHashSet();
        var containers = valid.Select(v => v.ContainerId).ToHashSet(StringComparer.Ordinal);
        var gone = store.All().Where(l => l.Owner.IfName.Length == 0 ? !containers.Contains(l.Owner.ContainerId) : !keep.Contains(l.Owner)).ToList();
        foreach (var lease in gone)
        {
            store.Release(lease);
        }

        store.RemoveDeadEntries();
        return gone;
    }

    /// <summary>Fails if ADD could not be served: the leases cannot be opened, or a range set is full.</summary>
    /// <exception cref="CniException">Code 50.</exception>
    public static void Status(HostLocalConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            using var store = LeaseStore.Open(config.DataDir, config.Network);
            var leases = store.All();
            foreach (var set in config.Sets)
            {
                var used = (UInt128)leases.Count(l => set.RangeOf(l.Address) is { } range && l.Address != range.Gateway);
                var room = set.Ranges.Aggregate(UInt128.Zero, (sum, r) => sum + r.Count - (r.Contains(r.Gateway) ? UInt128.One : UInt128.Zero));
                if (used >= room)
                {
                    throw Exhausted(config.Network, set);
                }
            }
        }
        catch (CniException e)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }
    }

    private static (IpAddress Address, IpRange Range) Lease(
        LeaseStore store, IpRangeSet set, int index, IpAddress requested, AttachmentId attachment, List<IpAddress> held, List<Lease> taken)
    {
        if (!requested.IsNone)
        {
            var range = set.RangeOf(requested)!;
            if (!held.Remove(requested))
            {
                if (!store.TryReserve(requested, attachment))
                {
                    throw new CniException(CniErrorCode.Conflict, $"host-local: {requested} is leased to {store.At(requested)?.Owner.ContainerId}");
                }

                taken.Add(new(requested, attachment));
            }

            return (requested, range);
        }

        foreach (var address in held)
        {
            if (set.RangeOf(address) is { } range && address != range.Gateway)
            {
                held.Remove(address);
                return (address, range);
            }
        }

        foreach (var (address, range) in set.After(store.LastReserved(index)))
        {
            if (store.TryReserve(address, attachment))
            {
                taken.Add(new(address, attachment));
                store.SetLastReserved(index, address);
                return (address, range);
            }
        }

        throw Exhausted(attachment.ContainerId, set);
    }

    private static CniException Exhausted(string who, IpRangeSet set) =>
        new(CniErrorCode.AddressesExhausted, $"host-local: no address is left in {set}", who);

    /// <summary>For each set the requested address that lies in it, if any.</summary>
    private static IpAddress[] MatchRequested(HostLocalConfig config)
    {
        var matched = new IpAddress[config.Sets.Count];
        foreach (var address in config.Requested)
        {
            var at = -1;
            for (var i = 0; i < matched.Length && at < 0; i++)
            {
                at = matched[i].IsNone && config.Sets[i].RangeOf(address) is not null ? i : -1;
            }

            if (at < 0)
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"host-local: the requested address {address} is in no range set that is left", string.Join("; ", config.Sets));
            }

            if (config.Sets[at].RangeOf(address)!.Gateway == address)
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"host-local: the requested address {address} is the gateway");
            }

            matched[at] = address;
        }

        return matched;
    }
}
