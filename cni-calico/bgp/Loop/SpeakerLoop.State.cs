using System.Globalization;
using System.Text;
using Podwire.Bgp.Session;
using Podwire.BgpDaemon.State;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Loop;

/// <content>What others may ask.</content>
public sealed partial class SpeakerLoop
{
    /// <summary>The metrics in the Prometheus text format. On the loop's thread.</summary>
    public string Metrics()
    {
        var text = new StringBuilder();
        void Family(string name, string type, string help) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        void One(string name, string type, string help, long value)
        {
            Family(name, type, help);
            text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
        }

        void Each(string name, string type, string help, Func<Neighbor, long> value)
        {
            Family(name, type, help);
            foreach (var neighbor in speaker.Neighbors)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{{neighbor=\"{neighbor.Config.Address}\",asn=\"{neighbor.Open?.Asn ?? neighbor.Config.Asn}\"}} {value(neighbor)}\n");
            }
        }

        Each("podwire_bgp_neighbor_up", "gauge", "1 if the session is established.", static neighbor => neighbor.State == SessionState.Established ? 1 : 0);
        Each("podwire_bgp_neighbor_established_total", "counter", "Sessions established.", static neighbor => neighbor.EstablishedCount);
        Each("podwire_bgp_neighbor_messages_in_total", "counter", "Messages received.", static neighbor => neighbor.MessagesIn);
        Each("podwire_bgp_neighbor_updates_in_total", "counter", "UPDATE messages received.", static neighbor => neighbor.UpdatesIn);
        Each("podwire_bgp_neighbor_treated_as_withdraw_total", "counter", "Malformed UPDATEs taken as withdrawals (RFC 7606).", static neighbor => neighbor.TreatedAsWithdraw);
        Each("podwire_bgp_neighbor_prefixes_in", "gauge", "Paths from the neighbour in the tables.", static neighbor => neighbor.Prefixes);
        Each("podwire_bgp_neighbor_prefixes_out", "gauge", "Prefixes its update group is told.", neighbor => speaker.Told(neighbor, IpFamily.V4) + speaker.Told(neighbor, IpFamily.V6));
        Each("podwire_bgp_neighbor_output_octets", "gauge", "Octets that wait to be written.", static neighbor => neighbor.Session?.OutputLength ?? 0);
        Each("podwire_bgp_neighbor_stale", "gauge", "1 while routes are kept over the neighbour's restart.", static neighbor => neighbor.HasStaleRoutes ? 1 : 0);
        Family("podwire_bgp_paths", "gauge", "Paths in the tables.");
        text.Append(CultureInfo.InvariantCulture, $"podwire_bgp_paths{{family=\"ipv4\"}} {speaker.PathCount(IpFamily.V4)}\npodwire_bgp_paths{{family=\"ipv6\"}} {speaker.PathCount(IpFamily.V6)}\n");
        One("podwire_bgp_attribute_sets", "gauge", "Different sets of path attributes.", speaker.AttributeCount);
        One("podwire_bgp_update_groups", "gauge", "Groups of neighbours that are told the same.", speaker.GroupCount);
        One("podwire_bgp_restarting", "gauge", "1 while the neighbours' routes are waited for after a restart.", speaker.IsDeferring ? 1 : 0);
        One("podwire_bgp_kernel_routes", "gauge", "Routes in the kernel's table.", kernel?.Count ?? 0);
        One("podwire_bgp_kernel_unreachable", "gauge", "Prefixes of which no next hop can be reached.", kernel?.Unreachable ?? 0);
        return text.ToString();
    }

    /// <summary>The configured neighbours' sessions. On the loop's thread.</summary>
    public IReadOnlyList<SessionReport> Sessions() =>
        [.. speaker.Neighbors.Where(static neighbor => !neighbor.IsDynamic).Select(neighbor => new SessionReport(
            neighbor.Config.Address, neighbor.State == SessionState.Established, neighbor.LastError, SettingsOf(neighbor.Config.Address)?.Password is not null))];

    /// <summary>What the state socket answers to a line. On the loop's thread.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> StateOf(string question)
    {
        var words = question.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (words.FirstOrDefault(), words.Length) switch
        {
            ("neighbors", 1) => [StateWriter.Neighbors(speaker, neighbor => SettingsOf(neighbor.Config.Address)?.Description ?? string.Empty, EventLoop.Now)],
            ("summary", 1) => [StateWriter.Summary(speaker, config.Speaker, kernel?.Count ?? 0)],
            ("routes", 1) => StateWriter.Routes(speaker),
            ("routes", 2) => [TryTarget(words[1], out var prefix) ? StateWriter.Routes(speaker, prefix.Masked) : NoPrefix(words[1])],
            ("explain", 2) => [TryTarget(words[1], out var target) ? StateWriter.Explain(speaker, target, Cover(target)) : NoPrefix(words[1])],
            _ => [StateWriter.Error("ask for neighbors, routes [PREFIX], explain PREFIX or summary")],
        };
    }

    private static ReadOnlyMemory<byte> NoPrefix(string text) => StateWriter.Error($"'{text}' is neither a prefix nor an address");

    private static bool TryTarget(string text, out IpPrefix target)
    {
        if (IpAddress.TryParse(text, out var address))
        {
            target = IpPrefix.Host(address);
            return true;
        }

        return IpPrefix.TryParse(text, out target);
    }

    /// <summary>The longest prefix with a route that covers this one.</summary>
    private IpPrefix? Cover(IpPrefix target)
    {
        for (int length = target.Length; length >= 0; length--)
        {
            var prefix = new IpPrefix(target.Address, length).Masked;
            if (speaker.Routes(prefix).Count > 0)
            {
                return prefix;
            }
        }

        return null;
    }
}
