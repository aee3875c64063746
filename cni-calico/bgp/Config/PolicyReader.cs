using System.Text.Json;
using Podwire.Bgp.Policy;

namespace Podwire.BgpDaemon.Config;

/// <summary>Policies. One whose text has not changed since the last reading is the same object, so that a reload leaves its neighbours alone.</summary>
internal sealed class PolicyReader
{
    private readonly Dictionary<string, RoutePolicy> known = new(StringComparer.Ordinal);

    public Dictionary<string, RoutePolicy> Read(ConfigObject top)
    {
        var policies = new Dictionary<string, RoutePolicy>(StringComparer.Ordinal);
        foreach (var (name, element) in top.Named("policies"))
        {
            var text = element.GetRawText();
            if (!known.TryGetValue(text, out var policy))
            {
                known[text] = policy = ReadOne(element, $"policies.{name}");
            }

            if (!policies.TryAdd(name, policy))
            {
                throw new ConfigException($"policies.{name} stands there twice");
            }
        }

        return policies;
    }

    private static RoutePolicy ReadOne(JsonElement element, string path)
    {
        var policy = new ConfigObject(element, path, ConfigKeys.Policy);
        var rules = policy.Objects("rules", ConfigKeys.Rule).Select(Rule).ToArray();
        return new RoutePolicy(rules, Accepts(policy, "otherwise", "accept") ? RouteAction.Accept : RouteAction.Reject);
    }

    private static RouteRule Rule(ConfigObject rule)
    {
        if (!rule.Has("action"))
        {
            throw rule.Missing("action");
        }

        var accepts = Accepts(rule, "action", "accept");
        var preference = rule.Has("localPref") ? rule.Number("localPref", 0, uint.MaxValue, 0) : (uint?)null;
        var metric = rule.Has("setMetric") ? rule.Number("setMetric", 0, uint.MaxValue, 0) : (uint?)null;
        var (communities, large, prepend) = (rule.Communities("addCommunities"), rule.LargeCommunities("addLargeCommunities"), rule.Numbers("prepend"));
        var made = new RouteAction(true, communities, prepend, preference, large, metric);
        var action = accepts
            ? made.Changes ? made : RouteAction.Accept
            : RouteAction.Reject;
        return new RouteRule(
            action,
            rule.Prefixes("within"),
            rule.Prefixes("notWithin"),
            rule.Has("minLength") ? (int)rule.Number("minLength", 0, 128, 0) : null,
            rule.Has("maxLength") ? (int)rule.Number("maxLength", 0, 128, 0) : null,
            rule.Communities("communities"),
            rule.Numbers("asPathPrefix"),
            rule.Has("own") ? rule.Flag("own") : null,
            rule.Has("internal") ? rule.Flag("internal") : null,
            rule.LargeCommunities("largeCommunities"),
            rule.Has("metric") ? rule.Number("metric", 0, uint.MaxValue, 0) : null);
    }

    private static bool Accepts(ConfigObject of, string key, string otherwise) => (of.Text(key) ?? otherwise) switch
    {
        "accept" => true,
        "reject" => false,
        _ => throw of.Wrong(key, "accept or reject"),
    };
}
