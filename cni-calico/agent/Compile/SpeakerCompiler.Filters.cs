using System.Text.Json.Nodes;
using Podwire.Bgp.Wire;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <content>BGPFilters as rules of a policy.</content>
internal sealed partial class SpeakerCompiler
{
    // What a route has that no filter gave another (Felix' IPv4NormalRoutePriority); in the kernel it has the kernel's own.
    private const int NormalPriority = 1024;

    // A pod's link, for patterns that match all of them.
    private const string PodLink = "cali00000000000";

    private static bool IsCommunity(string text) =>
        (text.Split(':') is [var high, var low] && ushort.TryParse(high, out _) && ushort.TryParse(low, out _)) || LargeCommunity.TryParse(text, out _);

    /// <summary>The rule with communities to add, of either size.</summary>
    private static JsonObject Adding(JsonObject rule, IEnumerable<string> communities)
    {
        Put(rule, "addCommunities", "addLargeCommunities", communities);
        return rule;
    }

    private static void Put(JsonObject rule, string key, string largeKey, IEnumerable<string> communities)
    {
        var isLarge = communities.ToLookup(static text => LargeCommunity.TryParse(text, out _));
        foreach (var (name, texts) in ((string, IEnumerable<string>)[])[(key, isLarge[false]), (largeKey, isLarge[true])])
        {
            if (texts.Any())
            {
                rule[name] = Array(texts);
            }
        }
    }

    private void Translate(BgpFilter filter, List<BgpFilterRule> from, FilterSide side, List<JsonObject> into)
    {
        for (var i = 0; i < from.Count; i++)
        {
            var problem = Translate(from[i], side, into);
            if (problem is not null)
            {
                Left(filter, i, problem);
            }
        }
    }

    private void Left(BgpFilter filter, int index, string problem) => problems.Add(new Problem("BGPFilter", filter.Metadata.Name, $"rule {index + 1}: {problem}; it is left out"));

    private string? Translate(BgpFilterRule from, FilterSide side, List<JsonObject> into)
    {
        if (from.PeerType is { Length: > 0 } type && (type == "iBGP") != (side.Asn == asn))
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
            if (matched.Values.Find(static value => !IsCommunity(value)) is { } wrong)
            {
                return $"communities: '{wrong}' is not AS:NUMBER or GLOBAL:LOCAL:LOCAL";
            }

            Put(rule, "communities", "largeCommunities", matched.Values);
        }

        if (from.AsPathPrefix.Count > 0)
        {
            rule["asPathPrefix"] = Array(from.AsPathPrefix.Select(static number => (JsonNode)number));
        }

        if (from.Priority is { } priority)
        {
            if (priority < 1)
            {
                return $"priority takes 1 to {int.MaxValue - 1}, not {priority}";
            }

            rule["metric"] = MetricOf(priority);
        }

        if (from.Action == "Accept" && Operations(from, side, rule) is { } problem)
        {
            return problem;
        }

        return from.Interface is { Length: > 0 } ? ByInterface(from, side, rule, into) : Compare(from, rule, into);
    }

    private static int MetricOf(int priority) => priority == NormalPriority ? 0 : priority;

    private static string? Operations(BgpFilterRule from, FilterSide side, JsonObject rule)
    {
        var add = from.Operations.Select(static operation => operation.AddCommunity?.Value).OfType<string>().ToArray();
        if (add.FirstOrDefault(static value => !IsCommunity(value)) is { } wrong)
        {
            return $"addCommunity: '{wrong}' is not AS:NUMBER or GLOBAL:LOCAL:LOCAL";
        }

        Adding(rule, add);
        var prepend = from.Operations.Where(static operation => operation.PrependASPath is not null).Reverse().SelectMany(static operation => operation.PrependASPath!.Prefix).Select(static number => (JsonNode)number).ToArray();
        if (prepend.Length > 0)
        {
            rule["prepend"] = Array(prepend);
        }

        // A neighbour is never told of a priority: on the way out it changes nothing.
        if (!side.IsExport && from.Operations.FindLast(static operation => operation.SetPriority is not null)?.SetPriority is { } last)
        {
            if (last.Value is not (>= 1 and < int.MaxValue and var value))
            {
                return $"setPriority takes a value from 1 to {int.MaxValue - 1}, not {last.Value}";
            }

            rule["setMetric"] = MetricOf(value);
        }

        return null;
    }

    /// <summary>
    /// By the link that packets to the route's destination leave by. What neighbours tell leads out by this node's link. Of what this node tells, what it
    /// learned does too, and the addresses of pods that it has in others' blocks lead to pods; its blocks and Services lead to no link, and routes into
    /// tunnels it tells nobody.
    /// </summary>
    private string? ByInterface(BgpFilterRule from, FilterSide side, JsonObject rule, List<JsonObject> into)
    {
        var pattern = from.Interface!;
        string? problem = null;
        if (LinkPattern.Matches(pattern, snapshot.Link))
        {
            var learned = rule.DeepClone().AsObject();
            learned["own"] = false;
            problem = Compare(from, learned, into);
        }

        if (!side.IsExport || from.Source == "RemotePeers")
        {
            return problem;
        }

        if (!LinkPattern.Matches(pattern, PodLink))
        {
            return pattern.StartsWith("cali", StringComparison.Ordinal) ? $"interface: '{pattern}': pods' links are told from others (cali*), but not one from another" : problem;
        }

        var pods = snapshot.Borrowed.Where(address => address.Family == side.Family && IsMeant(from, IpPrefix.Host(address))).Select(static address => IpPrefix.Host(address).ToString()).ToArray();
        if (pods.Length > 0)
        {
            rule["own"] = true;
            rule["within"] = Array(pods);
            into.Add(rule);
        }

        return problem;
    }

    private static bool IsMeant(BgpFilterRule from, IpPrefix route) => string.IsNullOrEmpty(from.Cidr) || (IpPrefix.TryParse(from.Cidr, out var cidr) && from.MatchOperator switch
    {
        "In" => cidr.Masked.Contains(route),
        "NotIn" => !cidr.Masked.Contains(route),
        "Equal" => cidr.Masked == route,
        "NotEqual" => cidr.Masked != route,
        _ => false,
    });

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

    /// <summary>Which routes a filter is about.</summary>
    /// <param name="Family">Their family.</param>
    /// <param name="IsExport">Those that a neighbour is told, or those that it tells.</param>
    /// <param name="Asn">The neighbour's AS.</param>
    private readonly record struct FilterSide(IpFamily Family, bool IsExport, uint Asn);
}
