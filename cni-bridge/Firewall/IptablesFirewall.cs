using Podwire.CniBridge.Iptables;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;

namespace Podwire.CniBridge.Firewall;

/// <summary>
/// The iptables back end: the reference's chains with the reference's rules. Those do not tell whose they are, so a chain of ours that
/// nothing leads to, CNI-PODWIRE-OWNERS, has a rule per address with the owner as the remark: DEL without a previous result, and GC, find
/// the addresses there.
/// </summary>
internal static class IptablesFirewall
{
    private const string Filter = "filter";
    private const string Forward = "FORWARD";
    private const string Own = "CNI-FORWARD";
    private const string Owners = "CNI-PODWIRE-OWNERS";
    private const string StageOne = "CNI-ISOLATION-STAGE-1";
    private const string StageTwo = "CNI-ISOLATION-STAGE-2";

    private static readonly IptablesRule ToOwn = IptablesRule.Of("-m", "comment", "--comment", "CNI firewall plugin rules", "-j", Own);

    /// <summary>Lets the addresses through and closes the bridge off.</summary>
    internal static void Add(FirewallRequest request, string adminChain)
    {
        foreach (var family in request.Addresses.GroupBy(a => a.Family))
        {
            IptablesProgram.Of(family.Key).Change(Filter, (present, script) =>
            {
                script.Ensure(Own);
                script.Ensure(adminChain);
                script.Ensure(Owners);
                script.Prepend(Forward, ToOwn);
                script.Prepend(Own, ToAdmin(adminChain));
                foreach (var address in family)
                {
                    foreach (var rule in Rules(address))
                    {
                        script.Append(Own, rule);
                    }

                    var note = Note(address, request.Owner);
                    script.Delete(Owners, rule => rule["-s"] == Source(address) && !note.Says(rule));
                    script.Append(Owners, note);
                }

                CloseOff(present, script, request);
            });
        }
    }

    /// <summary>The first thing that is not as <see cref="Add"/> leaves it; null if there is none.</summary>
    internal static string? Difference(FirewallRequest request, string adminChain)
    {
        foreach (var family in request.Addresses.GroupBy(a => a.Family))
        {
            var present = IptablesProgram.Of(family.Key).Read(Filter);
            var wanted = new List<(string Chain, IptablesRule Rule)> { (Forward, ToOwn), (Own, ToAdmin(adminChain)) };
            wanted.AddRange(family.SelectMany(Rules).Select(rule => (Own, rule)));
            wanted.AddRange(Isolation(request));
            var missing = wanted.Find(w => !present.Has(w.Chain, w.Rule));
            if (missing.Rule is not null)
            {
                return $"chain {missing.Chain} does not have the rule {missing.Rule}";
            }
        }

        return null;
    }

    /// <summary>
    /// Removes the rules of addresses whose owner is one of those meant, and of <paramref name="addresses"/> that have no owner noted: the
    /// reference's. Bridges stay closed off: others may be on them.
    /// </summary>
    internal static void Remove(NftSocket? nft, Func<string?, bool> isMeant, IReadOnlyCollection<IpAddress> addresses)
    {
        foreach (var (family, program) in IptablesPresence.Holding(nft, Filter, Own))
        {
            program.Change(Filter, (present, script) =>
            {
                var noted = present[Owners].Where(rule => isMeant(rule.Comment)).ToList();
                var gone = noted.Select(rule => rule["-s"]).Concat(addresses.Where(a => a.Family == family && !present[Owners].Any(r => r["-s"] == Source(a))).Select(Source)).ToHashSet(StringComparer.Ordinal);
                var rules = gone.OfType<string>().Select(Parse).Where(a => !a.IsNone).SelectMany(Rules).ToList();
                script.Delete(Own, present => rules.Exists(present.Says));
                script.Delete(Owners, noted.Contains);
            });
        }
    }

    private static void CloseOff(IptablesSnapshot present, IptablesScript script, FirewallRequest request)
    {
        if (request.Bridge is not { } bridge)
        {
            return;
        }

        script.Ensure(StageOne);
        script.Ensure(StageTwo);

        // It has to come before CNI-FORWARD, which accepts.
        var entrance = Remarked(IngressPolicy.SameBridge, "-j", StageOne);
        var order = present[Forward].ToList();
        if (order.FindIndex(entrance.Says) is var at && (at < 0 || !order.Exists(ToOwn.Says) || at > order.FindIndex(ToOwn.Says)))
        {
            script.Delete(Forward, entrance.Says);
            script.Insert(Forward, entrance);
        }

        foreach (var (chain, rule) in Isolation(request).Skip(1))
        {
            if (rule.Target == "RETURN")
            {
                script.Append(chain, rule);
            }
            else
            {
                script.Prepend(chain, rule);
            }
        }

        // Another policy of the same bridge before.
        var other = FromBridge(bridge, request.Policy == IngressPolicy.SameBridge ? IngressPolicy.Isolated : IngressPolicy.SameBridge);
        script.Delete(StageOne, other.Says);
    }

    private static IEnumerable<(string Chain, IptablesRule Rule)> Isolation(FirewallRequest request)
    {
        if (request.Bridge is { } bridge)
        {
            yield return (Forward, Remarked(IngressPolicy.SameBridge, "-j", StageOne));
            yield return (StageOne, FromBridge(bridge, request.Policy));
            yield return (StageOne, Remarked(IngressPolicy.SameBridge, "-j", "RETURN"));
            yield return (StageTwo, Remarked(IngressPolicy.SameBridge, "-o", bridge, "-j", "DROP"));
            yield return (StageTwo, Remarked(IngressPolicy.SameBridge, "-j", "RETURN"));
        }
    }

    private static IptablesRule FromBridge(string bridge, IngressPolicy policy) => policy == IngressPolicy.Isolated
        ? Remarked(policy, "-i", bridge, "-j", StageTwo)
        : Remarked(policy, "-i", bridge, "!", "-o", bridge, "-j", StageTwo);

    private static IptablesRule Remarked(IngressPolicy policy, params ReadOnlySpan<string> words)
    {
        var name = policy == IngressPolicy.Isolated ? "isolated" : "same-bridge";
        return IptablesRule.Of([.. words[..^2], "-m", "comment", "--comment", $"CNI firewall plugin rules (ingressPolicy: {name})", .. words[^2..]]);
    }

    private static IptablesRule ToAdmin(string chain) => IptablesRule.Of("-m", "comment", "--comment", "CNI firewall plugin admin overrides", "-j", chain);

    private static IptablesRule Note(IpAddress address, string owner) => IptablesRule.Of("-s", Source(address), "-m", "comment", "--comment", owner);

    private static string Source(IpAddress address) => IpPrefix.Host(address).ToString();

    private static IpAddress Parse(string source) => IpPrefix.TryParse(source, out var prefix) ? prefix.Address : default;

    private static IEnumerable<IptablesRule> Rules(IpAddress address)
    {
        yield return IptablesRule.Of("-d", Source(address), "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT");
        yield return IptablesRule.Of("-s", Source(address), "-j", "ACCEPT");
    }
}
