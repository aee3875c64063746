using System.Globalization;
using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Ruleset;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>Reads the words of one rule.</summary>
internal ref struct IptablesRuleReader(List<string> words, int at)
{
    private static readonly Dictionary<string, IptablesTarget> Verdicts = new(StringComparer.Ordinal)
    {
        ["ACCEPT"] = IptablesTarget.Accept,
        ["DROP"] = IptablesTarget.Drop,
        ["RETURN"] = IptablesTarget.Return,
    };

    private readonly List<IptablesMatch> matches = [];
    private int at = at;

    /// <summary>The rule.</summary>
    public IptablesRule Read()
    {
        var rule = new IptablesRule();
        var negated = false;
        while (at < words.Count)
        {
            var word = words[at++];
            switch (word)
            {
                case "!":
                    negated = true;
                    continue;
                case "-s" when ReadPrefix(out var prefix):
                    rule = rule with { Source = prefix, SourceNegated = negated };
                    break;
                case "-d" when ReadPrefix(out var prefix):
                    rule = rule with { Destination = prefix, DestinationNegated = negated };
                    break;
                case "-i" when at < words.Count:
                    rule = rule with { InInterface = words[at++], InInterfaceNegated = negated };
                    break;
                case "-p" when !negated && at < words.Count && ProtocolOf(words[at]) is { } protocol:
                    rule = rule with { Protocol = protocol };
                    at++;
                    break;
                case "-m" when !negated && at < words.Count:
                    ReadMatch(words[at++]);
                    break;
                case "-j" when !negated && at < words.Count:
                    return rule with { Target = ReadTarget(words[at++]), Matches = ValueList.From(matches) };
                default:
                    // Nothing of the proxy's: keep the rest as it is.
                    matches.Add(new IptablesMatch.Other((negated ? "! " : string.Empty) + string.Join(' ', words.Skip(at - 1))));
                    return rule with { Matches = ValueList.From(matches) };
            }

            negated = false;
        }

        return rule with { Matches = ValueList.From(matches) };
    }

    private static IpProtocol? ProtocolOf(string name) => name switch
    {
        "tcp" => IpProtocol.Tcp,
        "udp" => IpProtocol.Udp,
        "sctp" => IpProtocol.Sctp,
        _ => null,
    };

    private bool ReadPrefix(out IpPrefix? prefix)
    {
        prefix = null;
        if (at >= words.Count)
        {
            return false;
        }

        var text = words[at];
        if (!IpPrefix.TryParse(text, out var parsed))
        {
            if (!IpAddress.TryParse(text, out var address))
            {
                return false;
            }

            parsed = IpPrefix.Host(address);
        }

        at++;
        prefix = parsed.Length == 0 ? null : parsed.Masked;
        return true;
    }

    private void ReadMatch(string module)
    {
        // The options of a match go up to the next match or the target.
        var begin = at;
        while (at < words.Count && words[at] is not ("-m" or "-j" or "-g"))
        {
            // Only options of the header stand between matches, and iptables-save writes those first.
            at++;
        }

        var options = words[begin..at];
        matches.Add(Known(module, options) ?? new IptablesMatch.Other($"-m {module} {string.Join(' ', options)}".TrimEnd()));
    }

    private static IptablesMatch? Known(string module, List<string> options) => (module, options) switch
    {
        ("comment", ["--comment", var text]) => new IptablesMatch.Comment(text),
        ("tcp" or "udp" or "sctp", []) => new IptablesMatch.Port(ProtocolOf(module)!.Value, null),
        ("tcp" or "udp" or "sctp", ["--dport", var port]) when ushort.TryParse(port, CultureInfo.InvariantCulture, out var number) => new IptablesMatch.Port(ProtocolOf(module)!.Value, number),
        ("addrtype", ["--src-type", "LOCAL"]) => new IptablesMatch.LocalAddress(Source: true),
        ("addrtype", ["--dst-type", "LOCAL"]) => new IptablesMatch.LocalAddress(Source: false),
        ("conntrack", ["--ctstate", var states]) when IptablesText.ReadStates(states) is var read and not ConntrackStates.None => new IptablesMatch.State(read),
        ("conntrack", ["!", "--ctstate", var states]) when IptablesText.ReadStates(states) is var read and not ConntrackStates.None => new IptablesMatch.State(read, Negated: true),
        ("mark", ["--mark", var mark]) when TryMark(mark, out var value, out var mask) => new IptablesMatch.Mark(value, mask),
        ("mark", ["!", "--mark", var mark]) when TryMark(mark, out var value, out var mask) => new IptablesMatch.Mark(value, mask, Negated: true),
        ("statistic", ["--mode", "random", "--probability", var share]) when double.TryParse(share, CultureInfo.InvariantCulture, out var probability) => IptablesMatch.Statistic.Of(probability),
        ("recent", _) => Recent(options),
        _ => null,
    };

    private static IptablesMatch? Recent(List<string> options)
    {
        string? name = null;
        bool set = false, check = false, reap = false;
        var seconds = 0;
        for (var i = 0; i < options.Count; i++)
        {
            switch (options[i])
            {
                case "--set":
                    set = true;
                    break;
                case "--rcheck":
                    check = true;
                    break;
                case "--reap":
                    reap = true;
                    break;
                case "--rsource":
                    break;
                case "--name" when i + 1 < options.Count:
                    name = options[++i];
                    break;
                case "--seconds" when i + 1 < options.Count && int.TryParse(options[i + 1], CultureInfo.InvariantCulture, out seconds):
                    i++;
                    break;
                case "--mask" when i + 1 < options.Count && options[i + 1] is "255.255.255.255" or "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff":
                    i++;
                    break;
                default:
                    return null;
            }
        }

        return (name, set, check, reap, seconds) switch
        {
            (not null, true, false, false, 0) => new IptablesMatch.RecentSet(name),
            (not null, false, true, true, > 0) => new IptablesMatch.RecentCheck(name, seconds),
            _ => null,
        };
    }

    private static bool TryMark(string text, out uint value, out uint mask)
    {
        mask = uint.MaxValue;
        var slash = text.IndexOf('/');
        return TryHex(slash < 0 ? text : text[..slash], out value) && (slash < 0 || TryHex(text[(slash + 1)..], out mask));
    }

    private static bool TryHex(string text, out uint value) => text.StartsWith("0x", StringComparison.Ordinal)
        ? uint.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value)
        : uint.TryParse(text, CultureInfo.InvariantCulture, out value);

    private IptablesTarget ReadTarget(string name)
    {
        var options = words[at..];
        at = words.Count;
        return (name, options) switch
        {
            (_, []) when Verdicts.TryGetValue(name, out var verdict) => verdict,
            ("REJECT", [] or ["--reject-with", "icmp-port-unreachable" or "icmp6-port-unreachable"]) => new IptablesTarget.Reject(),
            ("MASQUERADE", []) => new IptablesTarget.Masquerade(false),
            ("MASQUERADE", ["--random-fully"]) => new IptablesTarget.Masquerade(true),
            ("DNAT", ["--to-destination", var to]) when TryEndpoint(to, out var endpoint) => new IptablesTarget.Dnat(endpoint),
            ("MARK", ["--set-xmark", var mark]) when TryMark(mark, out var value, out var mask) => new IptablesTarget.SetMark(value, mask),
            ("MARK", ["--or-mark", var mark]) when TryHex(mark, out var value) => IptablesTarget.SetMark.Or(value),
            ("MARK", ["--xor-mark", var mark]) when TryHex(mark, out var value) => IptablesTarget.SetMark.Xor(value),
            (_, []) => new IptablesTarget.Jump(name),
            _ => new IptablesTarget.Other($"{name} {string.Join(' ', options)}"),
        };
    }

    private static bool TryEndpoint(string text, out EndpointAddress endpoint)
    {
        endpoint = default;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture, out var port) || !IpAddress.TryParse(text[..colon].Trim('[', ']'), out var address))
        {
            return false;
        }

        endpoint = new(address, port);
        return true;
    }
}
