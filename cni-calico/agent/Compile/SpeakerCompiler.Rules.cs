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
            Translate(filter, family == IpFamily.V4 ? filter.Spec.ExportV4 : filter.Spec.ExportV6, theirs, rules);
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
            Translate(filter, family == IpFamily.V4 ? filter.Spec.ImportV4 : filter.Spec.ImportV6, theirs, rules);
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

            rules.Add(new JsonObject { ["action"] = "accept", ["own"] = true, ["within"] = Array([cidr.ToString()]), ["addCommunities"] = Array(communities) });
            foreach (var pool in told)
            {
                if (pool.Overlaps(cidr))
                {
                    rules.Add(new JsonObject { ["action"] = "accept", ["within"] = Array([(pool.Contains(cidr) ? cidr : pool).ToString()]), ["addCommunities"] = Array(communities) });
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

        problems.Add(new Problem("BGPConfiguration", "default", $"spec.prefixAdvertisements: '{text}' is no community AS:NUMBER and no name of one (large communities are not served)"));
        return null;
    }

    private static bool IsCommunity(string text) => text.Split(':') is [var high, var low] && ushort.TryParse(high, out _) && ushort.TryParse(low, out _);

    private void Translate(BgpFilter filter, List<BgpFilterRule> from, uint theirs, List<JsonObject> into)
    {
        for (var i = 0; i < from.Count; i++)
        {
            var problem = Translate(from[i], theirs, into);
            if (problem is not null)
            {
                Left(filter, i, problem);
            }
        }
    }

    private void Left(BgpFilter filter, int index, string problem) => problems.Add(new Problem("BGPFilter", filter.Metadata.Name, $"rule {index + 1}: {problem}; it is left out"));

    private string? Translate(BgpFilterRule from, uint theirs, List<JsonObject> into)
    {
        if (from.Interface is { Length: > 0 })
        {
            return "interface is not served";
        }

        if (from.Priority is not null || from.Operations.Exists(static operation => operation.SetPriority is not null))
        {
            return "priority and setPriority are not served";
        }

        if (from.PeerType is { Length: > 0 } type && (type == "iBGP") != (theirs == asn))
        {
            return null;
        }

        var rule = new JsonObject { ["action"] = from.Action == "Accept" ? "accept" : "reject" };
        Put(rule, "minLength", from.PrefixLength?.Min);
        Put(rule, "maxLength", from.PrefixLength?.Max);
        if (from.Source == "RemotePeers")
        {
            rule["own"] = false;
        }

        if (from.Communities is { } matched)
        {
            if (!matched.Values.TrueForAll(IsCommunity))
            {
                return $"communities: '{matched.Values.Find(static value => !IsCommunity(value))}' is not AS:NUMBER";
            }

            rule["communities"] = Array(matched.Values);
        }

        if (from.AsPathPrefix.Count > 0)
        {
            rule["asPathPrefix"] = Array(from.AsPathPrefix.Select(static number => (JsonNode)number));
        }

        if (from.Action == "Accept" && Operations(from, rule) is { } wrong)
        {
            return wrong;
        }

        return Compare(from, rule, into);
    }

    private static string? Operations(BgpFilterRule from, JsonObject rule)
    {
        var add = from.Operations.Select(static operation => operation.AddCommunity?.Value).OfType<string>().ToArray();
        if (add.FirstOrDefault(static value => !IsCommunity(value)) is { } wrong)
        {
            return $"addCommunity: '{wrong}' is not AS:NUMBER";
        }

        if (add.Length > 0)
        {
            rule["addCommunities"] = Array(add);
        }

        var prepend = from.Operations.Where(static operation => operation.PrependASPath is not null).Reverse().SelectMany(static operation => operation.PrependASPath!.Prefix).Select(static number => (JsonNode)number).ToArray();
        if (prepend.Length > 0)
        {
            rule["prepend"] = Array(prepend);
        }

        return null;
    }

    /// <summary>The comparison with the rule's network; «not equal» takes two rules.</summary>
    private static string? Compare(BgpFilterRule from, JsonObject rule, List<JsonObject> into)
    {
        if (string.IsNullOrEmpty(from.Cidr))
        {
            into.Add(rule);
            return null;
        }

        if (!IpPrefix.TryParse(from.Cidr, out var read))
        {
            return $"cidr: '{from.Cidr}' is not a network";
        }

        var cidr = read.Masked;
        switch (from.MatchOperator)
        {
            case "In":
                rule["within"] = Array([cidr.ToString()]);
                break;
            case "NotIn":
                rule["notWithin"] = Array([cidr.ToString()]);
                break;
            case "Equal":
                rule["minLength"] = (int)cidr.Length;
                rule["maxLength"] = (int)cidr.Length;
                rule["within"] = Array([cidr.ToString()]);
                break;
            case "NotEqual":
                var longer = rule.DeepClone().AsObject();
                longer["within"] = Array([cidr.ToString()]);
                longer["minLength"] = Math.Max(cidr.Length + 1, (int?)rule["minLength"] ?? 0);
                if (cidr.Length < cidr.Address.Bits)
                {
                    into.Add(longer);
                }

                rule["notWithin"] = Array([cidr.ToString()]);
                break;
            default:
                return "cidr needs a matchOperator: In, NotIn, Equal or NotEqual";
        }

        into.Add(rule);
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
