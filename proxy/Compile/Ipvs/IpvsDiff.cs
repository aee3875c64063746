using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.IpSets;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>What leads from the state that was read back to the model. Pure.</summary>
internal static class IpvsDiff
{
    /// <summary>The change between the kernel and the model.</summary>
    /// <param name="services">The virtual services of the family with their destinations, draining ones included.</param>
    /// <param name="addresses">The addresses of kube-ipvs0.</param>
    /// <param name="entries">The entries of the sets.</param>
    /// <param name="model">What should be.</param>
    /// <param name="exclude">Virtual services at these addresses are left alone.</param>
    public static IpvsChange Between(
        IEnumerable<IpvsService> services, IReadOnlyCollection<IpAddress> addresses, IReadOnlyCollection<IpvsSetEntry> entries, IpvsModel model, IReadOnlyList<IpPrefix> exclude)
    {
        var actual = services.ToDictionary(static service => service.Key);
        var changed = new List<IpvsServiceChange>();
        foreach (var desired in model.Services)
        {
            actual.Remove(desired.Key, out var before);
            if (before is null || !IsAsDesired(before, desired))
            {
                changed.Add(new(before, desired));
            }
        }

        changed.AddRange(actual.Values.Where(service => !exclude.Any(range => range.Contains(service.Key.Address))).Select(static service => new IpvsServiceChange(service, null)));
        var bound = addresses.ToHashSet();
        var present = entries.ToHashSet();
        return new()
        {
            Services = changed.InOrder(static (left, right) => (left.After ?? left.Before)!.Key.CompareTo((right.After ?? right.Before)!.Key)),
            AddressesAdded = model.Addresses.Where(address => !bound.Contains(address)).InOrder(),
            AddressesRemoved = bound.Where(address => !Contains(model.Addresses, address)).InOrder(),
            EntriesAdded = model.Entries.Where(entry => !present.Contains(entry)).ToList(),
            EntriesRemoved = [.. Missing(present, model.Entries)],
        };
    }

    /// <summary>The change as text: what --dry-run prints.</summary>
    public static string Describe(IpvsChange change, IpFamily family)
    {
        var lines = new List<string>();
        foreach (var (before, after) in change.Services)
        {
            if (after is null)
            {
                lines.Add($"ipvsadm: remove {before!.Key}");
                continue;
            }

            lines.Add($"ipvsadm: {(before is null ? "add" : "change")} {after.Key}");
            lines.AddRange(IpvsText.Write([after]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => "  " + line));
        }

        lines.AddRange(change.EntriesAdded.InOrder(static (left, right) => left.Set != right.Set ? ((byte)left.Set).CompareTo((byte)right.Set) : left.Entry.CompareTo(right.Entry))
            .Select(entry => $"ipset add {KubeIpSets.NameOf(entry.Set, family)} {entry.Entry}"));
        lines.AddRange(change.AddressesAdded.Select(static address => $"ip address add {address}/{address.Bits} dev kube-ipvs0"));
        lines.AddRange(change.AddressesRemoved.Select(static address => $"ip address del {address}/{address.Bits} dev kube-ipvs0"));
        lines.AddRange(change.EntriesRemoved.Select(entry => $"ipset del {KubeIpSets.NameOf(entry.Set, family)} {entry.Entry}"));
        return string.Concat(lines.Select(static line => line + "\n"));
    }

    /// <summary>A destination of weight 0 that nobody asks for is draining: that is as it should be.</summary>
    private static bool IsAsDesired(IpvsService actual, IpvsService desired) => actual.HasSettingsOf(desired)
        && actual.Destinations.Where(destination => destination.Weight != 0 || IsWanted(desired, destination)).InOrder().SequenceEqual(desired.Destinations.InOrder());

    private static bool IsWanted(IpvsService desired, IpvsDestination destination)
    {
        foreach (var wanted in desired.Destinations)
        {
            if (wanted.Address == destination.Address && wanted.Port == destination.Port)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Contains(IReadOnlyCollection<IpAddress> addresses, IpAddress address) =>
        addresses is Dictionary<IpAddress, int>.KeyCollection keys ? keys.Contains(address) : addresses.Contains(address);

    private static IEnumerable<IpvsSetEntry> Missing(HashSet<IpvsSetEntry> present, IReadOnlyCollection<IpvsSetEntry> desired)
    {
        present.ExceptWith(desired);
        return present;
    }
}
