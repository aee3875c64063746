using Podwire.NetPolicy.Compile.Iptables;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Model;

/// <summary>
/// Sends packets through the chains of a plan as iptables does: matches, sets, jumps, gotos and returns, for packets of either direction of a connection. It reads
/// the text of the rules, which is all that iptables is given.
/// </summary>
internal sealed class IptablesInterpreter(IptablesPlan plan)
{
    private const string Dropped = "DROP";

    /// <summary>True if a packet of a connection passes.</summary>
    /// <param name="connection">The connection: its client, its server, the server's port.</param>
    /// <param name="isReply">The packet goes from the server to the client.</param>
    public bool IsAccepted(TestPacket connection, bool isReply) => !IsDropped(IptablesNames.Root, connection, isReply, 0);

    private bool IsDropped(string chain, TestPacket connection, bool isReply, int depth)
    {
        Assert.True(depth < 16);
        foreach (var rule in plan.Chains[chain])
        {
            if (Target(Words(rule), connection, isReply) is not { } target)
            {
                continue;
            }

            switch (target)
            {
                case ("-j", "RETURN"):
                    return false;
                case ("-j", Dropped):
                    return true;
                case ("-g", var next):
                    return IsDropped(next, connection, isReply, depth + 1);
                case (_, var next) when IsDropped(next, connection, isReply, depth + 1):
                    return true;
            }
        }

        return false;
    }

    private (string How, string Where)? Target(List<string> words, TestPacket connection, bool isReply)
    {
        var (source, destination) = isReply ? (connection.Destination, connection.Source) : (connection.Source, connection.Destination);
        for (var i = 0; i < words.Count; i += 2)
        {
            var value = words[i + 1];
            var isMatch = true;
            switch (words[i])
            {
                case "-s":
                    isMatch = IpPrefix.Parse(value).Contains(source);
                    break;
                case "-d":
                    isMatch = IpPrefix.Parse(value).Contains(destination);
                    break;
                case "-p":
                    isMatch = connection.Protocol == value switch { "tcp" => IpProtocol.Tcp, "udp" => IpProtocol.Udp, "sctp" => IpProtocol.Sctp, "ipv6-icmp" => IpProtocol.IcmpV6, _ => throw new FormatException(value) };
                    break;
                case "-m":
                    Assert.Contains(value, new[] { "set", "conntrack", "comment", "icmp6" });
                    break;
                case "--comment":
                    break;
                case "--icmpv6-type":
                    isMatch = connection.Port == int.Parse(value);
                    break;
                case "--match-set":
                    var address = words[i + 2] == "src" ? source : destination;
                    isMatch = plan.Sets.TryGetValue(value, out var set) ? set.Entries.Any(entry => entry.Address.Contains(address)) : value.EndsWith("-PENDING", StringComparison.Ordinal) ? false : throw new KeyNotFoundException(value);
                    i++;
                    break;
                case "--ctdir":
                    isMatch = value == (isReply ? "REPLY" : "ORIGINAL");
                    break;
                case "--ctstate":
                    isMatch = value.Split(',').Contains(isReply ? "ESTABLISHED" : "NEW");
                    break;
                case "--ctreplsrcport":
                    var range = value.Split(':').Select(int.Parse).ToArray();
                    isMatch = connection.Port >= range[0] && connection.Port <= range[^1];
                    break;
                case "-j" or "-g":
                    Assert.Equal(words.Count, i + 2);
                    return (words[i], value);
                default:
                    Assert.Fail($"a word that the interpreter does not know: {words[i]}");
                    break;
            }

            if (!isMatch)
            {
                return null;
            }
        }

        throw new FormatException("a rule without a target");
    }

    private static List<string> Words(string rule)
    {
        var words = new List<string>();
        for (var at = 0; at < rule.Length;)
        {
            var isQuoted = rule[at] == '"';
            var end = isQuoted ? rule.IndexOf('"', at + 1) : rule.IndexOf(' ', at);
            end = end < 0 ? rule.Length : end;
            words.Add(rule[(isQuoted ? at + 1 : at)..end]);
            at = isQuoted ? end + 2 : end + 1;
        }

        return words;
    }
}
