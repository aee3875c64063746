using Podwire.Iptables;
using Podwire.Netlink.Ipvs;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Apply.Ipvs;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Explain;

/// <summary>The rules of the proxy in one network namespace, of whichever mode, read for an explanation. Nothing is changed.</summary>
internal sealed class ExplainKernel(NetNamespace ns)
{
    private readonly IptablesPrograms programs = new(ns);

    /// <summary>The mode whose rules the kernel has; the one that is asked for where it has those, or none at all.</summary>
    public ProxyMode ModeOf(ProxyMode asked, IpFamily family)
    {
        foreach (var mode in (ProxyMode[])[asked, ProxyMode.Nftables, ProxyMode.Ipvs, ProxyMode.Iptables])
        {
            if (Has(mode, family))
            {
                return mode;
            }
        }

        return asked;
    }

    /// <summary>The text.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="snapshot">Every Service.</param>
    /// <param name="packet">The connection.</param>
    /// <param name="from">What the source is called, or null.</param>
    /// <param name="local">The node's addresses.</param>
    public string Explain(ProxyMode mode, ProxyOptions options, ProxySnapshot snapshot, ExplainedPacket packet, string? from, IReadOnlySet<IpAddress> local)
    {
        var family = packet.Destination.Family;
        var services = snapshot.Services.Where(static pair => pair.Value is not null).ToDictionary(static pair => pair.Key, static pair => pair.Value!);
        switch (mode)
        {
            case ProxyMode.Iptables:
                var chains = new IptablesModel(IptablesSettings.Of(options, snapshot.Node, family));
                _ = chains.Apply(snapshot);
                return new IptablesExplanation(chains, programs.Save(family, "-c"), services, snapshot.Node, local, list => IsNoted(list, packet.Source)).Write(packet, from);
            case ProxyMode.Ipvs:
                return ExplainIpvs(options, snapshot, services, packet, from, local);
            default:
                var model = new TableModel(TableSettings.Of(options, snapshot.Node, family));
                model.Absorb(snapshot);
                using (var nft = NftSocket.Open(ns))
                {
                    return new Explanation(model, nft.ReadTable(TableSchema.Of(family).Id), services, snapshot.Node, local).Write(packet, from);
                }
        }
    }

    private string ExplainIpvs(ProxyOptions options, ProxySnapshot snapshot, Dictionary<ServiceKey, ServiceState> services, ExplainedPacket packet, string? from, IReadOnlySet<IpAddress> local)
    {
        var family = packet.Destination.Family;
        using var kernel = IpvsKernel.Open(ns);
        var model = new IpvsModel(IpvsSettings.Of(options, snapshot.Node, family, kernel.ReadNodeAddresses()));
        _ = model.Apply(snapshot);
        var key = new IpvsServiceKey(packet.Protocol, packet.Destination, packet.Port);
        var director = new IpvsDirector(family, kernel.ReadServices(family), kernel.ReadEntries(family));
        return new IpvsExplanation(
            model, director, CountedRules.Read(programs.Save(family, "-c")), services, snapshot.Node, local,
            kernel.Ipvs.GetCounters(key), kernel.Ipvs.ListDestinations(key)).Write(packet, from);
    }

    private bool Has(ProxyMode mode, IpFamily family)
    {
        switch (mode)
        {
            case ProxyMode.Nftables:
                using (var nft = NftSocket.Open(ns))
                {
                    return nft.ListTables().Contains(TableSchema.Of(family).Id);
                }

            case ProxyMode.Ipvs:
                if (!IpvsSocket.TryOpen(ns, out var probe))
                {
                    return false;
                }

                probe.Dispose();
                using (var kernel = IpvsKernel.Open(ns))
                {
                    return kernel.IsPresent();
                }

            default:
                return programs.Exist && programs.Try(family, "-t", "nat", "-S", KubeChains.Services) is not null;
        }
    }

    /// <summary>Whether the list has the address. An entry may be older than the rule asks for: such ones go when the rule next looks.</summary>
    private bool IsNoted(string list, IpAddress address) => ns.Run(() =>
    {
        foreach (var folder in (string[])["/proc/thread-self/net/xt_recent/", "/proc/thread-self/net/ipt_recent/"])
        {
            if (File.Exists(folder + list))
            {
                return File.ReadLines(folder + list).Any(line => line.StartsWith("src=", StringComparison.Ordinal)
                    && IpAddress.TryParse(line[4..].Split(' ')[0], out var noted) && noted == address);
            }
        }

        return false;
    });
}
