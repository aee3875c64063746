using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Policy;

/// <summary>Rules in order; the first that matches says what becomes of a route, and <see cref="Otherwise"/> where none does.</summary>
public sealed class RoutePolicy(IReadOnlyList<RouteRule> rules, RouteAction otherwise)
{
    /// <summary>Takes everything.</summary>
    public static RoutePolicy AcceptAll { get; } = new([], RouteAction.Accept);

    /// <summary>The rules.</summary>
    public IReadOnlyList<RouteRule> Rules { get; } = rules;

    /// <summary>What becomes of a route that no rule matches.</summary>
    public RouteAction Otherwise { get; } = otherwise;

    /// <summary>What becomes of this route.</summary>
    public RouteAction Judge(PrefixKey prefix, IpFamily family, PathAttributes attributes, bool isLocal, bool fromInternal)
    {
        for (var i = 0; i < Rules.Count; i++)
        {
            if (Rules[i].Matches(prefix, family, attributes, isLocal, fromInternal))
            {
                return Rules[i].Action;
            }
        }

        return Otherwise;
    }
}
