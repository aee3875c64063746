using System.Text.RegularExpressions;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>
/// Finds the interface to the other nodes as flanneld does: by --iface (a name or an address), else by --iface-regex (against
/// names, then IPv4 addresses), else by the route to --iface-can-reach, else by the default route.
/// </summary>
internal static class UnderlayFinder
{
    private static readonly TimeSpan RegexLimit = TimeSpan.FromSeconds(1);

    /// <summary>Looks at the kernel now: an interface may be renumbered while the daemon runs.</summary>
    /// <exception cref="UnderlayException">There is none, or it lacks an address of a family that is in use.</exception>
    public static Underlay Find(RouteSocket route, FlannelOptions options, IReadOnlyCollection<IpFamily> families)
    {
        var addresses = route.ListAddresses();
        var link = FindLink(route, options, families, addresses);
        var underlay = new Underlay
        {
            Index = link.Index,
            Name = link.Name,
            Mtu = link.Mtu,
            AddressV4 = families.Contains(IpFamily.V4) ? AddressOf(link, IpFamily.V4, options, addresses) : null,
            AddressV6 = families.Contains(IpFamily.V6) ? AddressOf(link, IpFamily.V6, options, addresses) : null,
            OnLink = OnLink(route, link, families),
        };
        return underlay;
    }

    private static List<IpPrefix> OnLink(RouteSocket route, Link link, IReadOnlyCollection<IpFamily> families)
    {
        var found = new List<IpPrefix>();
        foreach (var family in families)
        {
            foreach (var entry in route.ListRoutes(family, interfaceIndex: link.Index))
            {
                if (entry.Gateway is null && entry.Type == RouteType.Unicast && entry.Destination.Length > 0)
                {
                    found.Add(entry.Destination);
                }
            }
        }

        return found;
    }

    /// <summary>The first --iface that is there, else the first --iface-regex that something matches.</summary>
    private static Link FindLink(RouteSocket route, FlannelOptions options, IReadOnlyCollection<IpFamily> families, List<AddressEntry> addresses)
    {
        if (options.Interfaces.Count + options.InterfaceRegexes.Count > 0)
        {
            return options.Interfaces.Select(wanted => ByName(route, wanted, addresses)).FirstOrDefault(static link => link is not null)
                ?? options.InterfaceRegexes.Select(pattern => ByPattern(route, pattern, addresses)).FirstOrDefault(static link => link is not null)
                ?? throw new UnderlayException($"{Asked(options)}: there is no such interface");
        }

        return options.InterfaceCanReach is { } target
            ? ByRoute(route, target) ?? throw new UnderlayException($"--iface-can-reach {target}: there is no route to it")
            : ByDefaultRoute(route, families);
    }

    private static string Asked(FlannelOptions options) => string.Join(", ", [
        .. options.Interfaces.Select(static name => IpAddress.TryParse(name, out _) ? $"--iface {name} (no interface has this address)" : $"--iface {name}"),
        .. options.InterfaceRegexes.Select(static pattern => $"--iface-regex {pattern}")]);

    private static Link? ByName(RouteSocket route, string wanted, List<AddressEntry> addresses) =>
        !IpAddress.TryParse(wanted, out var address) ? route.GetLink(wanted)
        : addresses.Find(entry => entry.Prefix.Address == address) is { } owner ? route.GetLink(owner.InterfaceIndex)
        : null;

    /// <summary>Names first, then addresses; a loopback or a switched-off interface leads nowhere.</summary>
    private static Link? ByPattern(RouteSocket route, string pattern, List<AddressEntry> addresses)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant, RegexLimit);
        var links = route.ListLinks().FindAll(static link => link.IsUp && (link.Flags & LinkFlags.Loopback) == 0);
        return links.Find(link => regex.IsMatch(link.Name))
            ?? links.Find(link => addresses.Exists(entry => entry.InterfaceIndex == link.Index && !entry.Prefix.Address.IsLinkLocal && regex.IsMatch(entry.Prefix.Address.ToString())));
    }

    private static Link? ByRoute(RouteSocket route, IpAddress target)
    {
        try
        {
            return route.GetRoute(target) is { InterfaceIndex: not 0 } entry ? route.GetLink(entry.InterfaceIndex) : null;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENETUNREACH or Errno.EHOSTUNREACH)
        {
            return null;
        }
    }

    private static Link ByDefaultRoute(RouteSocket route, IReadOnlyCollection<IpFamily> families)
    {
        foreach (var family in families)
        {
            RouteEntry? best = null;
            foreach (var entry in route.ListRoutes(family))
            {
                if (entry.Destination.Length == 0 && entry.InterfaceIndex != 0 && entry.Type == RouteType.Unicast && (best is null || entry.Metric < best.Metric))
                {
                    best = entry;
                }
            }

            if (best is not null && route.GetLink(best.InterfaceIndex) is { } link)
            {
                return link;
            }
        }

        throw new UnderlayException("there is no default route to tell the interface to the other nodes by; name it with --iface");
    }

    private static IpAddress AddressOf(Link link, IpFamily family, FlannelOptions options, List<AddressEntry> addresses)
    {
        foreach (var wanted in options.Interfaces)
        {
            if (IpAddress.TryParse(wanted, out var named) && named.Family == family && addresses.Exists(entry => entry.InterfaceIndex == link.Index && entry.Prefix.Address == named))
            {
                return named;
            }
        }

        var own = addresses.Where(entry => entry.InterfaceIndex == link.Index && entry.Prefix.Family == family && !entry.Prefix.Address.IsLinkLocal).ToList();
        return (own.Find(entry => (entry.Flags & (AddressFlags.Secondary | AddressFlags.Deprecated)) == 0) ?? own.FirstOrDefault())?.Prefix.Address
            ?? throw new UnderlayException($"interface {link.Name} has no IP{family.ToString().ToLowerInvariant()} address");
    }
}
