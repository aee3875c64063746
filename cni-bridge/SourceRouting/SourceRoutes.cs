using Podwire.Cni;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.SourceRouting;

/// <summary>
/// The routing of one interface by source address, set from within the container's namespace: a rule for each address leads to a table
/// that holds the interface's routes, which the main table then no longer has.
/// </summary>
internal static class SourceRoutes
{
    private const uint FirstTable = 100;

    private const uint LastPriority = 32766;

    /// <summary>Sets rules and routes, and notes in the journal how to take them back.</summary>
    internal static void Apply(RouteSocket socket, Link link, IReadOnlyList<CniIp> ips, SourceRoutingConfig config, UndoJournal undo)
    {
        var moved = new List<RouteEntry>();
        foreach (var family in ips.Select(ip => ip.Address.Family).Distinct())
        {
            // What IPv6 needs for its neighbours stays where it is.
            var routes = socket.ListRoutes(family, RouteEntry.MainTable, link.Index).Where(r => !r.Destination.Address.IsLinkLocal).OrderBy(r => r.Gateway is not null).ToList();
            var used = UsedTables(socket, family);
            foreach (var ip in ips.Where(ip => ip.Address.Family == family))
            {
                var table = config.Table ?? FirstFree(used);
                used.Add(table);
                foreach (var route in RoutesOf(ip, routes, link.Index, table, config.AddSourceHints))
                {
                    socket.ReplaceRoute(route);
                    undo.Push(() => socket.DeleteRoute(route));
                }

                var rule = new RuleEntry(family, NextPriority(socket, family), table) { Source = Host(ip) };
                socket.AddRule(rule);
                undo.Push(() => socket.DeleteRule(rule));
            }

            moved.AddRange(routes);
        }

        // Only when every address has its table: until then the main table still serves.
        foreach (var route in moved)
        {
            if (socket.DeleteRoute(route))
            {
                undo.Push(() => socket.ReplaceRoute(Again(route)));
            }
        }
    }

    /// <summary>Removes the rules of addresses, and puts the interface's routes in their tables back into the main one.</summary>
    internal static void TakeBack(RouteSocket socket, Link link, IEnumerable<IpPrefix> addresses)
    {
        foreach (var rule in Rules(socket, addresses))
        {
            foreach (var route in socket.ListRoutes(rule.Family, rule.Table, link.Index).OrderBy(r => r.Gateway is not null))
            {
                socket.ReplaceRoute(Again(route) with { Table = RouteEntry.MainTable });
                socket.DeleteRoute(route);
            }

            socket.DeleteRule(rule);
        }
    }

    /// <summary>The rules of an interface's addresses.</summary>
    internal static List<RuleEntry> Rules(RouteSocket socket, IEnumerable<IpPrefix> addresses)
    {
        var sources = addresses.Select(a => new IpPrefix(a.Address, a.Address.Bits)).ToHashSet();
        return [.. sources.Select(s => s.Family).Distinct().SelectMany(f => socket.ListRules(f)).Where(r => r.Source is { } source && sources.Contains(source))];
    }

    /// <summary>Compares with what the kernel has.</summary>
    /// <exception cref="CniException">Code 102.</exception>
    internal static void Check(RouteSocket socket, Link link, IReadOnlyList<CniIp> ips, SourceRoutingConfig config)
    {
        foreach (var ip in ips)
        {
            var rule = Rules(socket, [ip.Address]).Find(r => config.Table is null || r.Table == config.Table)
                ?? throw ContainerCheck.Differs($"no rule leads from {ip.Address.Address} to a table");
            if (!ip.Gateway.IsNone)
            {
                ContainerCheck.Require(
                    socket.ListRoutes(ip.Address.Family, rule.Table, link.Index).Exists(r => r.Destination.Length == 0 && r.Gateway == ip.Gateway),
                    $"table {rule.Table} does not have a default route via {ip.Gateway}");
            }
        }
    }

    private static IpPrefix Host(CniIp ip) => new(ip.Address.Address, ip.Address.Address.Bits);

    /// <summary>The interface's routes in an address's table, and a default route by its gateway, which a plugin before may have left out.</summary>
    private static IEnumerable<RouteEntry> RoutesOf(CniIp ip, List<RouteEntry> routes, int index, uint table, bool hints)
    {
        var copies = routes.Select(r => Again(r) with { Table = table }).ToList();
        if (!ip.Gateway.IsNone && !copies.Exists(r => r.Destination.Length == 0))
        {
            copies.Add(new RouteEntry(IpPrefix.Default(ip.Address.Family)) { Gateway = ip.Gateway, InterfaceIndex = index, Table = table });
        }

        return copies.Select(r => hints && r.PreferredSource is null ? r with { PreferredSource = ip.Address.Address } : r)
            .Select(r => r.Destination.Length == 0 && !ip.Gateway.IsNone ? r with { Gateway = ip.Gateway } : r);
    }

    /// <summary>A route that the kernel listed as one to ask for: IPv6's list tells a metric that it chose itself.</summary>
    private static RouteEntry Again(RouteEntry route) => route with { Protocol = RouteProtocol.Boot };

    private static HashSet<uint> UsedTables(RouteSocket socket, IpFamily family)
    {
        var used = socket.ListRules(family).Select(r => r.Table).ToHashSet();
        used.UnionWith(socket.ListRoutes(family, null).Select(r => r.Table));
        return used;
    }

    private static uint FirstFree(HashSet<uint> used)
    {
        var table = FirstTable;
        while (used.Contains(table) || table is 253 or RouteEntry.MainTable or RouteEntry.LocalTable)
        {
            table++;
        }

        return table;
    }

    /// <summary>As the kernel chooses (fib_default_rule_pref, net/core/fib_rules.c): just before the first rule that is not the local table's.</summary>
    private static uint NextPriority(RouteSocket socket, IpFamily family)
    {
        var taken = socket.ListRules(family).Select(r => r.Priority).Where(p => p > 0).DefaultIfEmpty(LastPriority).Min();
        return taken > 1 ? taken - 1 : 1;
    }
}
