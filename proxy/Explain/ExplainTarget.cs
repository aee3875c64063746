using System.Net;
using Podwire.Primitives;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Explain;

/// <summary>Where a connection is meant to go, as it is written on the command line: an address or a Service, a port, a protocol.</summary>
/// <param name="Address">The address; none where a Service is named.</param>
/// <param name="Service">The Service; default where an address is given.</param>
/// <param name="Port">The port's number or name.</param>
/// <param name="Protocol">The protocol; null for the port's own, or TCP.</param>
internal readonly record struct ExplainTarget(IpAddress Address, ServiceKey Service, string Port, IpProtocol? Protocol)
{
    /// <summary>Reads <c>10.96.0.10:53/udp</c>, <c>[fd96::a]:53</c>, <c>web:http</c>, <c>shop/web:80</c>.</summary>
    /// <exception cref="ConfigurationException">Anything else.</exception>
    public static ExplainTarget Parse(string text)
    {
        IpProtocol? protocol = null;
        var rest = text;
        foreach (var (suffix, known) in ((string, IpProtocol)[])[("/tcp", IpProtocol.Tcp), ("/udp", IpProtocol.Udp), ("/sctp", IpProtocol.Sctp)])
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                (protocol, rest) = (known, text[..^suffix.Length]);
            }
        }

        var colon = rest.LastIndexOf(':');
        var (host, port) = colon > 0 ? (rest[..colon], rest[(colon + 1)..]) : (rest, string.Empty);
        if (port.Length == 0 || host.Length == 0 || (host.Contains(':') && host[0] != '['))
        {
            throw new ConfigurationException($"'{text}' is not a Service or an address with a port, such as web:80, shop/web:http or [fd96::a]:53/udp");
        }

        if (IpAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return ushort.TryParse(port, out var number) && number > 0 ? new(address, default, port, protocol) : throw new ConfigurationException($"'{port}' is not a port: an address takes a number from 1 to {IPEndPoint.MaxPort}");
        }

        var slash = host.IndexOf('/');
        return new(default, slash < 0 ? new("default", host) : new(host[..slash], host[(slash + 1)..]), port, protocol);
    }

    /// <summary>The address, port and protocol at a cluster with these Services.</summary>
    /// <param name="services">The Services.</param>
    /// <param name="family">The family to prefer, as the source has it.</param>
    /// <exception cref="ConfigurationException">There is no such Service or port.</exception>
    public (IpAddress Address, ushort Port, IpProtocol Protocol) Resolve(IReadOnlyDictionary<ServiceKey, ServiceState> services, IpFamily? family)
    {
        if (!Address.IsNone)
        {
            return (Address, ushort.Parse(Port), Protocol ?? IpProtocol.Tcp);
        }

        var (key, name, protocol) = (Service, Port, Protocol);
        if (!services.TryGetValue(key, out var state))
        {
            throw new ConfigurationException($"there is no Service {key} that a proxy serves");
        }

        var record = state.Service;
        var port = Array.Find(record.Ports, port => (port.Name == name || port.Port.ToString() == name) && (protocol is null || port.Protocol == protocol));
        if (port.Port == 0)
        {
            throw new ConfigurationException($"Service {key} has no port {name}; it has {string.Join(", ", record.Ports.Select(static port => port.Name.Length > 0 ? $"{port.Name} ({port.Port})" : port.Port.ToString()))}");
        }

        var address = record.ClusterIps.FirstOrDefault(address => address.Family == family);
        return (address.IsNone ? record.ClusterIps[0] : address, port.Port, port.Protocol);
    }
}
