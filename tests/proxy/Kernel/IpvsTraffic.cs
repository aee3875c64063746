using Podwire.Netlink.Ipvs;
using Podwire.Primitives;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>The tests of all modes, run by <see cref="IpvsTrafficTests"/> where there is IPVS.</summary>
internal sealed class IpvsTraffic(TestNode node) : TrafficTests(node)
{
    // Where the tests of Services without endpoints have them.
    private static readonly Dictionary<string, (string Address, IpProtocol Protocol, ushort Port)> Empty = new()
    {
        ["empty:http"] = ("10.96.1.6", IpProtocol.Tcp, 80),
        ["late:dns"] = ("10.96.1.10", IpProtocol.Udp, 53),
    };

    private protected override bool RefusesUnusedPorts => true;

    private protected override bool OneChoiceForAll => true;

    internal void Make(string name, string ips, string ports, string targets, string v4, string? v6 = null, string spec = "", string status = "{}") => Publish(name, ips, ports, targets, v4, v6, spec, status);

    internal Task ProgrammedAsync(string? address, ushort port, string name) => ReadyAsync(address, port, name);

    private protected override bool Leads(string? address, ushort port, string name) =>
        ((IpProtocol[])[IpProtocol.Tcp, IpProtocol.Udp]).Any(protocol => Destinations(Node, new(protocol, TestData.Ip(address ?? "10.89.0.11"), port)) is { Count: > 0 });

    private protected override bool Refuses(string name)
    {
        var (address, protocol, port) = Empty[name];
        return Destinations(Node, new(protocol, TestData.Ip(address), port)) is { Count: 0 };
    }

    /// <summary>The destinations of a service that has been programmed as a whole; null while it is not.</summary>
    internal static List<IpvsDestinationStatus>? Destinations(TestNode node, IpvsServiceKey key)
    {
        Assert.True(IpvsSocket.TryOpen(node["node"], out var ipvs));
        using (ipvs)
        {
            if (ipvs.GetService(key) is null || !node.Run("node", $"ip -o addr show to {key.Address}").Contains(key.Address.ToString(), StringComparison.Ordinal))
            {
                return null;
            }

            return ipvs.ListDestinations(key);
        }
    }
}
