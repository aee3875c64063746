using System.Collections.Concurrent;
using Podwire.Netlink;
using Podwire.Netlink.Ipvs;
using Podwire.Netlink.IpSet;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Ruleset.IpSets;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>IPVS, ipsets and kube-ipvs0 of one network namespace: what is there, and how it changes.</summary>
internal sealed class IpvsKernel : IDisposable
{
    /// <summary>The dummy interface that has every Service address, so that the kernel takes their packets for its own and IPVS sees them.</summary>
    public const string Device = "kube-ipvs0";

    private readonly RouteSocket route;
    private readonly IpSetSocket sets;
    private readonly ConcurrentDictionary<IpAddress, bool> expected = [];
    private volatile int deviceIndex;

    private IpvsKernel(IpvsSocket ipvs, IpSetSocket sets, RouteSocket route) => (Ipvs, this.sets, this.route) = (ipvs, sets, route);

    /// <summary>Virtual services.</summary>
    public IpvsSocket Ipvs { get; }

    /// <summary>Opens the sockets.</summary>
    /// <exception cref="IpvsMissingException">The kernel has no IPVS.</exception>
    public static IpvsKernel Open(NetNamespace ns) => IpvsSocket.TryOpen(ns, out var ipvs)
        ? new(ipvs, IpSetSocket.Open(ns), RouteSocket.Open(ns))
        : throw new IpvsMissingException("the kernel has no IPVS (module ip_vs)");

    /// <summary>The number of kube-ipvs0; 0 before it is there. On any thread.</summary>
    public int DeviceIndex => deviceIndex;

    /// <summary>True if an address shall be on kube-ipvs0 now, so that the announcement of it is the proxy's own. On any thread.</summary>
    public bool Expects(IpAddress address) => expected.ContainsKey(address);

    /// <summary>Says which addresses of a family shall be on kube-ipvs0.</summary>
    public void Expect(IpFamily family, IEnumerable<IpAddress> addresses)
    {
        var now = addresses.ToHashSet();
        foreach (var address in expected.Keys)
        {
            if (address.Family == family && !now.Contains(address))
            {
                expected.TryRemove(address, out _);
            }
        }

        foreach (var address in now)
        {
            expected[address] = true;
        }
    }

    /// <summary>The virtual services of a family with their destinations.</summary>
    public List<IpvsService> ReadServices(IpFamily family) => [.. Ipvs.ListAll().Where(service => service.Key.Address.Family == family)];

    /// <summary>The addresses of a family on kube-ipvs0; none where there is no such interface.</summary>
    public List<IpAddress> ReadAddresses(IpFamily family) => FindDevice() == 0 ? [] :
        route.ListAddresses(deviceIndex, family).Select(static entry => entry.Prefix.Address).Where(static address => !address.IsLinkLocal).ToList();

    /// <summary>The addresses of all other interfaces.</summary>
    public List<IpAddress> ReadNodeAddresses()
    {
        FindDevice();
        return route.ListAddresses().Where(entry => entry.InterfaceIndex != deviceIndex).Select(static entry => entry.Prefix.Address).Distinct().InOrder();
    }

    /// <summary>The entries of a family's sets, of those that are there.</summary>
    public List<IpvsSetEntry> ReadEntries(IpFamily family)
    {
        var all = sets.List().ToDictionary(static set => set.Spec.Name, StringComparer.Ordinal);
        var entries = new List<IpvsSetEntry>();
        foreach (var set in KubeIpSets.All)
        {
            var spec = KubeIpSets.SpecOf(set, family);
            if (all.TryGetValue(spec.Name, out var present) && present.Spec.Type == spec.Type)
            {
                foreach (var entry in present.Entries)
                {
                    entries.Add(new(set, entry));
                }
            }
        }

        return entries;
    }

    /// <summary>Makes the sets that are missing.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="NetlinkException">A set of one of the names is of another type and in use.</exception>
    public int EnsureSets(IpFamily family)
    {
        var made = 0;
        foreach (var set in KubeIpSets.All)
        {
            var spec = KubeIpSets.SpecOf(set, family);
            if (sets.Get(spec.Name) is { } present)
            {
                if (present.Spec.Type == spec.Type && (spec.Type == IpSetType.BitmapPort || present.Spec.Family == family))
                {
                    continue;
                }

                sets.Destroy(spec.Name);
            }

            sets.Create(spec);
            made++;
        }

        return made;
    }

    /// <summary>Makes kube-ipvs0 where it is missing.</summary>
    /// <returns>True if it was made.</returns>
    public bool EnsureDevice()
    {
        if (FindDevice() != 0)
        {
            return false;
        }

        // It stays down, as kube-proxy's: an address is local all the same, and nothing is announced for it.
        route.AddLink(new DummySpec(Device));
        return FindDevice() != 0;
    }

    /// <summary>Adds entries, making a set larger where they do not fit.</summary>
    public void AddEntries(IReadOnlyList<IpvsSetEntry> entries, IpFamily family, Func<KubeIpSet, IEnumerable<IpSetEntry>> desired)
    {
        foreach (var set in entries.Select(static entry => entry.Set).Distinct())
        {
            var spec = KubeIpSets.SpecOf(set, family);
            var batch = new IpSetBatch();
            foreach (var entry in entries)
            {
                if (entry.Set == set)
                {
                    batch.Add(spec, entry.Entry);
                }
            }

            if (sets.TryExecute(batch) is { Count: > 0 } refused)
            {
                if ((int)refused[0].Errno != FullSet)
                {
                    throw refused[0];
                }

                Enlarge(spec, [.. desired(set)]);
            }
        }
    }

    /// <summary>Removes entries.</summary>
    public void RemoveEntries(IReadOnlyList<IpvsSetEntry> entries, IpFamily family)
    {
        if (entries.Count == 0)
        {
            return;
        }

        var batch = new IpSetBatch();
        foreach (var entry in entries)
        {
            batch.Delete(KubeIpSets.SpecOf(entry.Set, family), entry.Entry);
        }

        sets.Execute(batch);
    }

    /// <summary>Adds and removes addresses of kube-ipvs0.</summary>
    public void ChangeAddresses(IReadOnlyList<IpAddress> added, IReadOnlyList<IpAddress> removed)
    {
        if (added.Count == 0 && removed.Count == 0)
        {
            return;
        }

        var batch = new RouteBatch();
        foreach (var address in added)
        {
            expected[address] = true;
            batch.EnsureAddress(new(deviceIndex, IpPrefix.Host(address)) { Flags = address.IsV6 ? AddressFlags.NoDad : AddressFlags.None });
        }

        foreach (var address in removed)
        {
            expected.TryRemove(address, out _);
            batch.DeleteAddress(new(deviceIndex, IpPrefix.Host(address)));
        }

        foreach (var failure in route.TryExecute(batch))
        {
            // Gone already is as good.
            if (failure.Errno != Errno.EADDRNOTAVAIL)
            {
                throw failure;
            }
        }
    }

    /// <summary>Removes the virtual services of both families but for the excluded ones, kube-ipvs0 and the sets. The chains that use the sets must be gone.</summary>
    public void RemoveAll(IReadOnlyList<IpPrefix> exclude)
    {
        if (FindDevice() != 0)
        {
            route.DeleteLink(deviceIndex);
        }

        RemoveServices(service => !exclude.Any(range => range.Contains(service.Address)));
        RemoveSets();
    }

    /// <summary>
    /// As <see cref="RemoveAll"/>, but for virtual services with established connections, and their addresses: IPVS alone translates those, and another mode
    /// that has taken over would not.
    /// </summary>
    /// <returns>How many virtual services stay for now.</returns>
    public int RemoveIdle(IReadOnlyList<IpPrefix> exclude)
    {
        var busy = Ipvs.ListServices().Where(service => !exclude.Any(range => range.Contains(service.Key.Address)) && Ipvs.ListDestinations(service.Key).Exists(static status => status.Active > 0))
            .Select(static service => service.Key).ToHashSet();
        if (busy.Count == 0)
        {
            RemoveAll(exclude);
            return 0;
        }

        if (FindDevice() != 0)
        {
            var needed = busy.Select(static key => key.Address).ToHashSet();
            ChangeAddresses([], [.. route.ListAddresses(deviceIndex).Select(static entry => entry.Prefix.Address).Where(address => !address.IsLinkLocal && !needed.Contains(address))]);
        }

        RemoveServices(service => !busy.Contains(service) && !exclude.Any(range => range.Contains(service.Address)));
        RemoveSets();
        return busy.Count;
    }

    /// <summary>True if the interface or one of the sets is there.</summary>
    public bool IsPresent()
    {
        var names = SetNames().ToHashSet(StringComparer.Ordinal);
        return FindDevice() != 0 || sets.List().Exists(set => names.Contains(set.Spec.Name));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Ipvs.Dispose();
        sets.Dispose();
        route.Dispose();
    }

    // IPSET_ERR_HASH_FULL (linux/netfilter/ipset/ip_set_hash.h).
    private const int FullSet = 4352;

    private static IEnumerable<string> SetNames() => KubeIpSets.All.SelectMany(static set => (string[])[KubeIpSets.NameOf(set, IpFamily.V4), KubeIpSets.NameOf(set, IpFamily.V6)]).Append(KubeIpSets.Scratch);

    private void RemoveServices(Func<IpvsServiceKey, bool> which)
    {
        var batch = Ipvs.NewBatch();
        foreach (var service in Ipvs.ListServices())
        {
            if (which(service.Key))
            {
                batch.DeleteService(service.Key);
            }
        }

        Ipvs.Execute(batch);
    }

    private void RemoveSets()
    {
        foreach (var name in SetNames())
        {
            sets.Destroy(name);
        }
    }

    private int FindDevice() => deviceIndex = route.GetLink(Device)?.Index ?? 0;

    private void Enlarge(IpSetSpec spec, IReadOnlyList<IpSetEntry> entries)
    {
        var larger = spec with { Name = KubeIpSets.Scratch, MaxElements = (uint)Math.Max(KubeIpSets.UsualElements * 16L, entries.Count * 2L) };
        sets.Destroy(larger.Name);
        sets.Create(larger);
        var batch = new IpSetBatch();
        foreach (var entry in entries)
        {
            batch.Add(larger, entry);
        }

        sets.Execute(batch);
        sets.Swap(larger.Name, spec.Name);
        sets.Destroy(larger.Name);
    }
}
