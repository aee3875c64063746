using System.Text.Json.Nodes;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <content>
/// What neighbours are told: this node's routes and others' within the pools, and nothing else that the speaker has learned. BGPFilters come first,
/// then pools that are not to be told of, then communities.
/// </content>
internal sealed partial class SpeakerCompiler
{
    private List<BgpFilter> FiltersOf(BgpPeer peer)
    {
        var filters = new List<BgpFilter>();
        foreach (var name in peer.Spec.Filters)
        {
            if (snapshot.Filters.TryGetValue(name, out var filter))
            {
                filters.Add(filter);
            }
            else
            {
                Wrong(peer, $"spec.filters: there is no BGPFilter {name}");
            }
        }

        return filters;
    }

    /// <param name="family">The routes' family.</param>
    /// <param name="keeps">Learned routes are told with the next hop that they came with.</param>
    /// <param name="theirs">The neighbour's AS.</param>
    /// <param name="filters">The peer's filters.</param>
    private List<JsonObject> ExportRules(IpFamily family, bool keeps, uint theirs, List<BgpFilter> filters)
    {
        var rules = new List<JsonObject>();
        foreach (var filter in filters)
        {
            Translate(filter, family == IpFamily.V4 ? filter.Spec.ExportV4 : filter.Spec.ExportV6, new(family, IsExport: true, theirs), rules);
        }

        var told = new List<IpPrefix>();
        foreach (var pool in snapshot.Pools.Pools)
        {
            if (pool.Cidr.Family != family)
            {
                continue;
            }

            if (pool.IsExported)
            {
                told.Add(pool.Cidr);
            }
            else
            {
                rules.Add(new JsonObject { ["action"] = "reject", ["within"] = Array([pool.Cidr.ToString()]) });
            }
        }

        if (keeps && snapshot.Self.IsReflector)
        {
            // Of its clients' Services a reflector tells, but not as if it had the endpoints itself: the proxy here would drop what is for a Local one.
            told.AddRange(ServiceRanges().Where(range => range.Family == family));
        }

        AddCommunities(family, told, rules);
        rules.Add(new JsonObject { ["action"] = "accept", ["own"] = true });
        if (told.Count > 0)
        {
            rules.Add(new JsonObject { ["action"] = "accept", ["within"] = Array(told.Select(static prefix => prefix.ToString())) });
        }

        return rules;
    }

    private List<JsonObject> ImportRules(IpFamily family, uint theirs, List<BgpFilter> filters)
    {
        var rules = new List<JsonObject>();
        foreach (var filter in filters)
        {
            Translate(filter, family == IpFamily.V4 ? filter.Spec.ImportV4 : filter.Spec.ImportV6, new(family, IsExport: false, theirs), rules);
        }

        return rules;
    }

    /// <summary>The first rule that matches decides, so networks within others come first and carry the others' communities too.</summary>
    private void AddCommunities(IpFamily family, List<IpPrefix> told, List<JsonObject> rules)
    {
        var networks = new SortedDictionary<IpPrefix, List<string>>();
        foreach (var advertisement in snapshot.Bgp.PrefixAdvertisements)
        {
            if (!IpPrefix.TryParse(advertisement.Cidr, out var cidr))
            {
                problems.Add(new Problem("BGPConfiguration", "default", $"spec.prefixAdvertisements: '{advertisement.Cidr}' is not a network"));
                continue;
            }

            if (cidr.Family == family)
            {
                networks[cidr.Masked] = [.. (networks.GetValueOrDefault(cidr.Masked) ?? []).Concat(advertisement.Communities.Select(Community).OfType<string>()).Distinct(StringComparer.Ordinal)];
            }
        }

        foreach (var (cidr, _) in networks.OrderByDescending(static pair => (int)pair.Key.Length))
        {
            var communities = networks.Where(pair => pair.Key.Contains(cidr)).SelectMany(static pair => pair.Value).Distinct(StringComparer.Ordinal).ToArray();
            if (communities.Length == 0)
            {
                continue;
            }

            rules.Add(Adding(new JsonObject { ["action"] = "accept", ["own"] = true, ["within"] = Array([cidr.ToString()]) }, communities));
            foreach (var pool in told)
            {
                if (pool.Overlaps(cidr))
                {
                    rules.Add(Adding(new JsonObject { ["action"] = "accept", ["within"] = Array([(pool.Contains(cidr) ? cidr : pool).ToString()]) }, communities));
                }
            }
        }
    }

    /// <summary>A community by its name, or as it is.</summary>
    private string? Community(string text)
    {
        foreach (var named in snapshot.Bgp.Communities)
        {
            if (named.Name == text)
            {
                text = named.Value;
                break;
            }
        }

        if (IsCommunity(text))
        {
            return text;
        }

        problems.Add(new Problem("BGPConfiguration", "default", $"spec.prefixAdvertisements: '{text}' is no community AS:NUMBER or GLOBAL:LOCAL:LOCAL and no name of one"));
        return null;
    }

    /// <summary>A policy's name; equal ones have one, so that neighbours that are told the same form one update group.</summary>
    private string Policy(List<JsonObject> rules, bool isExport)
    {
        var policy = new JsonObject { ["rules"] = Array(rules), ["otherwise"] = isExport ? "reject" : "accept" };
        var text = policy.ToJsonString();
        if (!policyNames.TryGetValue(text, out var name))
        {
            policyNames[text] = name = $"{(isExport ? "export" : "import")}-{policyNames.Count + 1}";
            policies[name] = policy;
        }

        return name;
    }
}
