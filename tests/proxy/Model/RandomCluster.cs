using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.State;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Model;

/// <summary>A small cluster in which everything collides: few addresses, few ports, all features. A change is a number, so that histories shrink.</summary>
internal sealed class RandomCluster
{
    private static readonly string[] Names = ["ant", "bee", "cat", "dog"];
    private readonly SortedDictionary<ServiceKey, ServiceState> services = [];

    public IReadOnlyCollection<ServiceState> Services => services.Values;

    public static IReadOnlySet<IpAddress> LocalAddresses { get; } = new HashSet<IpAddress>
    {
        Ip("10.89.0.11"), Ip("192.168.7.1"), Ip("127.0.0.1"), Ip("203.0.113.9"), Ip("fd89::11"), Ip("fd07::1"), Ip("::1"),
    };

    /// <summary>Changes one Service; the number says which and how.</summary>
    public ProxySnapshot Change(int number)
    {
        var random = new Random(number);
        var key = new ServiceKey("default", Names[random.Next(Names.Length)]);
        services.TryGetValue(key, out var before);
        ServiceState? after = random.Next(8) == 0 ? null
            : before is null || random.Next(3) == 0 ? new(NewService(key, random), before?.Slices ?? [])
            : before with { Slices = NewSlices(before.Service, random) };
        services.Remove(key);
        if (after is not null)
        {
            services[key] = after;
        }

        return new(Node, new Dictionary<ServiceKey, ServiceState?> { [key] = after });
    }

    /// <summary>Packets to every address and port in use, and to some that are not.</summary>
    public static IEnumerable<TestPacket> Packets(IpFamily family)
    {
        string[] sources = family == IpFamily.V4 ? ["10.244.0.2", "10.244.3.2", "10.89.0.11", "198.51.100.7", "192.0.2.1"] : ["fd44::2", "fd44:3::2", "fd89::11", "2001:db8::7", "2001:db9::1"];
        string[] destinations = family == IpFamily.V4
            ? ["10.96.0.1", "10.96.0.2", "10.96.0.3", "10.96.0.4", "203.0.113.9", "203.0.113.10", "10.89.0.11", "192.168.7.1", "127.0.0.1", "198.51.100.200"]
            : ["fd96::1", "fd96::2", "fd96::3", "fd96::4", "2001:db8::9", "2001:db8::10", "fd89::11", "fd07::1", "::1", "2001:db8::200"];
        foreach (var source in sources)
        {
            foreach (var destination in destinations)
            {
                foreach (var protocol in (IpProtocol[])[IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp])
                {
                    foreach (var port in (ushort[])[80, 443, 30080, 30443])
                    {
                        yield return new(Ip(source), Ip(destination), protocol, port, LocalAddresses.Contains(Ip(source)) ? null : "eth0");
                    }
                }
            }
        }
    }

    private static ServiceRecord NewService(ServiceKey key, Random random)
    {
        var index = Array.IndexOf(Names, key.Name) + 1;
        var ports = new List<PortRecord>();
        foreach (var (name, port, node) in ((string, ushort, ushort)[])[("http", 80, 30080), ("https", 443, 30443)])
        {
            if (random.Next(3) > 0)
            {
                ports.Add(new(name, random.Next(4) switch { 0 => IpProtocol.Udp, 1 => IpProtocol.Sctp, _ => IpProtocol.Tcp }, port, random.Next(3) == 0 ? node : (ushort)0));
            }
        }

        return new()
        {
            Key = key,
            Created = DateTimeOffset.UnixEpoch.AddDays(random.Next(3)),
            ClusterIps = random.Next(3) switch { 0 => [Ip($"10.96.0.{index}")], 1 => [Ip($"fd96::{index}")], _ => [Ip($"10.96.0.{index}"), Ip($"fd96::{index}")] },
            ExternalIps = random.Next(3) == 0 ? [Ip("203.0.113.9"), Ip("2001:db8::9")] : [],
            LoadBalancerIps = random.Next(3) == 0 ? [Ip("203.0.113.10"), Ip("2001:db8::10")] : [],
            SourceRanges = random.Next(2) == 0 ? [] : [IpPrefix.Parse("198.51.100.0/24"), IpPrefix.Parse("198.51.100.0/28"), IpPrefix.Parse("2001:db8::/32"), IpPrefix.Parse("10.89.0.0/16")],
            Ports = [.. ports],
            AffinitySeconds = random.Next(5) == 0 ? random.Next(1, 3) * 100 : 0,
            InternalLocal = random.Next(4) == 0,
            ExternalLocal = random.Next(2) == 0,
        };
    }

    private static List<SliceRecord> NewSlices(ServiceRecord service, Random random)
    {
        var slices = new List<SliceRecord>();
        for (var i = 0; i < random.Next(4); i++)
        {
            var family = random.Next(2) == 0 ? IpFamily.V4 : IpFamily.V6;
            var hinted = random.Next(3) == 0;
            var endpoints = new List<EndpointRecord>();
            for (var j = 0; j < random.Next(5); j++)
            {
                var node = random.Next(3) + 1;
                var address = family == IpFamily.V4 ? $"10.244.{node - 1}.{random.Next(2, 5)}" : node == 1 ? $"fd44::{random.Next(2, 5)}" : $"fd44:{node}::{random.Next(2, 5)}";
                endpoints.Add(Endpoint(address, $"node{node}", ((string[])["rs", "rs", "rs", "st", "s", ""])[random.Next(6)], hinted ? ((string[])["a", "b", "a,b"])[random.Next(3)] : "", hinted && random.Next(2) == 0 ? $"node{node}" : ""));
            }

            slices.Add(new()
            {
                Name = $"{service.Key.Name}-{i}",
                Service = service.Key,
                Family = family,
                // Named ports differ from slice to slice.
                Ports = [.. service.Ports.Select(port => new SlicePort(port.Name, port.Protocol, (ushort)(8000 + port.Port + random.Next(2))))],
                Endpoints = [.. endpoints.DistinctBy(endpoint => endpoint.Address)],
            });
        }

        return slices;
    }
}
