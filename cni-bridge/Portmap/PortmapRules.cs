using System.Globalization;
using Podwire.CniBridge.Iptables;
using Podwire.Primitives;

namespace Podwire.CniBridge.Portmap;

/// <summary>
/// The rules of one container and family as the reference makes them: PREROUTING and OUTPUT lead to CNI-HOSTPORT-DNAT, which leads by port
/// to the container's CNI-DN-HASH; there a connection that needs the node's address is marked, and then translated. POSTROUTING leads
/// what is marked to a MASQUERADE.
/// </summary>
internal sealed class PortmapRules
{
    internal const string Dnat = "CNI-HOSTPORT-DNAT";
    internal const string CommentPrefix = "dnat ";
    private const string SetMark = "CNI-HOSTPORT-SETMARK";
    private const string MarkMasquerade = "CNI-HOSTPORT-MASQ";
    private const string Postrouting = "POSTROUTING";

    // net/netfilter/xt_multiport.h, XT_MULTI_PORTS.
    private const int MaxPorts = 15;

    private static readonly string[] Entrances = ["PREROUTING", "OUTPUT"];

    private readonly PortmapConfig config;
    private readonly IpPrefix container;
    private readonly string comment;

    internal PortmapRules(PortmapConfig config, string network, string containerId, IpPrefix container)
    {
        this.config = config;
        this.container = container;
        Chain = ChainOf(network, containerId);
        comment = IptablesNames.Comment(network, containerId, CommentPrefix);
    }

    /// <summary>The container's chain.</summary>
    internal string Chain { get; }

    internal static string ChainOf(string network, string containerId) => IptablesNames.Chain(network, containerId, "DN-");

    /// <summary>The mapping that a rule of a container's chain makes; null if it is none of those.</summary>
    internal static PortmapFlow? Read(IpFamily family, IptablesRule rule)
    {
        if (rule.Target != "DNAT" || rule["--to-destination"] is not { } target || target.LastIndexOf(':') is var colon && colon <= 0)
        {
            return null;
        }

        var protocol = rule["-p"] switch
        {
            "tcp" => IpProtocol.Tcp,
            "udp" => IpProtocol.Udp,
            "sctp" => IpProtocol.Sctp,
            _ => default,
        };
        IpAddress? hostIp = rule["-d"] is { } text && IpPrefix.TryParse(text, out var network) ? network.Address
            : rule["-d"] is { } plain && IpAddress.TryParse(plain, out var address) ? address : null;
        return protocol != default
            && ushort.TryParse(rule["--dport"], NumberStyles.None, CultureInfo.InvariantCulture, out var hostPort)
            && ushort.TryParse(target[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var containerPort)
            && IpAddress.TryParse(target[..colon].Trim('[', ']'), out var to) && to.Family == family
            ? new(new PortMapping(protocol, hostPort, containerPort, hostIp), to)
            : null;
    }

    /// <summary>Writes what the table lacks of all of it.</summary>
    internal void Write(IptablesSnapshot present, IptablesScript script)
    {
        if (config.Snat && config.ExternalSetMarkChain is null)
        {
            script.Ensure(SetMark);
            script.Append(SetMark, MarkRule);
            script.Ensure(MarkMasquerade);
            script.Append(MarkMasquerade, MasqueradeRule);
            script.Prepend(Postrouting, ToMasquerade);
        }

        script.Ensure(Dnat);
        foreach (var entrance in Entrances)
        {
            script.Append(entrance, ToDnat);
        }

        script.Fill(Chain, Translations);
        var entries = Entries;
        script.Delete(Dnat, rule => rule.Target == Chain && !entries.Any(rule.Says));
        foreach (var entry in entries)
        {
            script.Append(Dnat, entry);
        }
    }

    /// <summary>Lets nothing reach the rules of a container's chain any more, while they go on telling which mappings there were.</summary>
    internal static void Close(string chain, IptablesSnapshot present, IptablesScript script)
    {
        if (!IsClosed(present[chain]))
        {
            script.Insert(chain, Closed);
        }
    }

    /// <summary>True for the rules of a chain that a DEL has closed, and has not come to remove.</summary>
    internal static bool IsClosed(IReadOnlyList<IptablesRule> chain) => chain.Count > 0 && chain[0].Says(Closed);

    /// <summary>The first thing that is not so; null if there is none.</summary>
    internal string? Difference(IptablesSnapshot present)
    {
        var common = config.Snat && config.ExternalSetMarkChain is null
            ? new[] { (SetMark, MarkRule), (MarkMasquerade, MasqueradeRule), (Postrouting, ToMasquerade) }
            : [];
        var wanted = common.Concat(Entrances.Select(e => (e, ToDnat))).Concat(Entries.Select(e => (Dnat, e)));
        foreach (var (chain, rule) in wanted)
        {
            if (!present.Has(chain, rule))
            {
                return $"chain {chain} does not have the rule {rule}";
            }
        }

        return IptablesScript.IsFilled(present[Chain], Translations)
            ? null
            : $"chain {Chain} does not masquerade and translate as configured: it has {string.Join("; ", present[Chain])}";
    }

    private static IptablesRule ToDnat => IptablesRule.Of("-m", "addrtype", "--dst-type", "LOCAL", "-j", Dnat);

    private static IptablesRule ToMasquerade => IptablesRule.Of("-m", "comment", "--comment", "CNI portfwd requiring masquerade", "-j", MarkMasquerade);

    private static IptablesRule Closed => IptablesRule.Of("-j", "RETURN");

    private string Mark => string.Create(CultureInfo.InvariantCulture, $"0x{1u << config.MarkMasqBit:x}/0x{1u << config.MarkMasqBit:x}");

    private IptablesRule MarkRule => IptablesRule.Of("-m", "comment", "--comment", "CNI portfwd masquerade mark", "-j", "MARK", "--set-xmark", Mark);

    private IptablesRule MasqueradeRule => IptablesRule.Of("-m", "mark", "--mark", Mark, "-j", "MASQUERADE");

    /// <summary>By protocol and at most 15 ports, of both families as the reference does it.</summary>
    private List<IptablesRule> Entries =>
    [
        .. config.Mappings.GroupBy(m => m.ProtocolName).OrderBy(g => g.Key, StringComparer.Ordinal)
            .SelectMany(g => g.Select(m => m.HostPort).Chunk(MaxPorts), (g, ports) => IptablesRule.Of(
            [
                "-p", g.Key, "-m", "comment", "--comment", comment, "-m", "multiport", "--dports", string.Join(',', ports),
                .. config.Conditions(container.Family), "-j", Chain,
            ])),
    ];

    private List<IptablesRule> Translations => [.. config.Mappings.Where(m => m.IsOf(container.Family)).SelectMany(Translation)];

    private IEnumerable<IptablesRule> Translation(PortMapping mapping)
    {
        string[] match = mapping.BoundTo is { } address
            ? ["-d", IpPrefix.Host(address).ToString(), "-p", mapping.ProtocolName, "-m", mapping.ProtocolName, "--dport", Number(mapping.HostPort)]
            : ["-p", mapping.ProtocolName, "-m", mapping.ProtocolName, "--dport", Number(mapping.HostPort)];
        if (config.Snat)
        {
            var mark = config.ExternalSetMarkChain ?? SetMark;
            yield return IptablesRule.Of([.. config.MasqAll ? [] : new[] { "-s", container.Masked.ToString() }, .. match, "-j", mark]);
            if (container.Address.IsV4 && !config.MasqAll)
            {
                yield return IptablesRule.Of(["-s", "127.0.0.1/32", .. match, "-j", mark]);
            }
        }

        var target = container.Address.IsV6 ? $"[{container.Address}]:{Number(mapping.ContainerPort)}" : $"{container.Address}:{Number(mapping.ContainerPort)}";
        yield return IptablesRule.Of([.. match, "-j", "DNAT", "--to-destination", target]);
    }

    private static string Number(ushort port) => port.ToString(CultureInfo.InvariantCulture);
}
