using Podwire.Primitives;

namespace Podwire.Ruleset.Ipvs;

/// <summary>How IPVS objects are written: as ipvsadm(8) does, so that texts can be compared with what it prints.</summary>
public static class IpvsText
{
    /// <summary><c>tcp</c>, <c>udp</c>, <c>sctp</c>.</summary>
    public static string Of(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        _ => ((int)protocol).ToString(),
    };

    /// <summary><c>10.96.0.1:443</c>, <c>[fd00::1]:443</c>.</summary>
    public static string Of(IpAddress address, ushort port) => address.IsV6 ? $"[{address}]:{port}" : $"{address}:{port}";

    /// <summary>The services as the lines that <c>ipvsadm -Sn</c> prints, in order.</summary>
    public static string Write(IEnumerable<IpvsService> services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var lines = new List<string>();
        foreach (var service in services.OrderBy(static service => service.Key))
        {
            var key = OptionOf(service.Key);
            var persistence = (service.Flags & IpvsServiceFlags.Persistent) != 0 ? $" -p {service.PersistenceSeconds}" : string.Empty;
            var hashing = (service.Flags & IpvsServiceFlags.SourceHashPort) != 0 ? $" -b {service.Scheduler}-port" : string.Empty;
            lines.Add($"-A {key} -s {service.Scheduler}{persistence}{hashing}");
            lines.AddRange(service.Destinations.Order().Select(destination => $"-a {key} -r {Of(destination.Address, destination.Port)} -m -w {destination.Weight}"));
        }

        return string.Concat(lines.Select(static line => line + "\n"));
    }

    private static string OptionOf(IpvsServiceKey key) => key.Protocol switch
    {
        IpProtocol.Tcp => $"-t {Of(key.Address, key.Port)}",
        IpProtocol.Udp => $"-u {Of(key.Address, key.Port)}",
        _ => $"--sctp-service {Of(key.Address, key.Port)}",
    };
}
