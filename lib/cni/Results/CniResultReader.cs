using Podwire.Primitives;

namespace Podwire.Cni;

/// <summary>Reads a result of any version's shape: <c>ip4</c>/<c>ip6</c> of 0.1 and 0.2 as well as <c>interfaces</c>, <c>ips</c> and <c>routes</c>.</summary>
public static class CniResultReader
{
    /// <summary>Reads a result; unknown members are passed over.</summary>
    /// <exception cref="CniException">Code 6: not JSON, a wrong type, or text that is not an address; code 7: an index without interface.</exception>
    public static CniResult Parse(ReadOnlyMemory<byte> json, string what = "the result")
    {
        List<CniInterface> interfaces = [];
        List<CniIp> ips = [];
        List<CniRoute> routes = [];
        var dns = CniDns.None;
        var reader = new JsonObjectReader(json, what);
        while (reader.Next())
        {
            if (reader.Is("interfaces"u8))
            {
                interfaces.AddRange(reader.Elements().Select(e => ReadInterface(e)));
            }
            else if (reader.Is("ips"u8))
            {
                ips.AddRange(reader.Elements().Select(e => ReadIp(e)));
            }
            else if (reader.Is("routes"u8))
            {
                routes.AddRange(reader.Elements().Select(e => ReadRoute(e)));
            }
            else if (reader.Is("ip4"u8) || reader.Is("ip6"u8))
            {
                var family = reader.Object();
                if (!family.IsEmpty)
                {
                    ReadFamily(family, ips, routes);
                }
            }
            else if (reader.Is("dns"u8))
            {
                dns = ReadDns(reader.Object());
            }
        }

        foreach (var ip in ips)
        {
            if (ip.Interface is { } index && (uint)index >= (uint)interfaces.Count)
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"{what}: address {ip.Address} names interface {index} of {interfaces.Count}");
            }
        }

        return new CniResult { Interfaces = interfaces, Ips = ips, Routes = routes, Dns = dns };
    }

    /// <summary>Reads one route object.</summary>
    /// <exception cref="CniException">Code 6.</exception>
    public static CniRoute ReadRoute(ReadOnlyMemory<byte> json)
    {
        IpPrefix dst = default;
        var route = new CniRoute { Dst = default };
        var reader = new JsonObjectReader(json, "a route");
        while (reader.Next())
        {
            if (reader.Is("dst"u8))
            {
                dst = ReadPrefix(ref reader);
            }
            else if (reader.Is("gw"u8))
            {
                route = route with { Gw = ReadAddress(ref reader) };
            }
            else if (reader.Is("mtu"u8))
            {
                route = route with { Mtu = reader.Int32() };
            }
            else if (reader.Is("advmss"u8))
            {
                route = route with { AdvMss = reader.Int32() };
            }
            else if (reader.Is("priority"u8))
            {
                route = route with { Priority = reader.Int32() };
            }
            else if (reader.Is("table"u8))
            {
                route = route with { Table = reader.Int32OrNull() };
            }
            else if (reader.Is("scope"u8))
            {
                route = route with { Scope = reader.Int32OrNull() };
            }
        }

        return !dst.IsNone ? route with { Dst = dst } : throw new CniException(CniErrorCode.DecodingFailure, "a route has no \"dst\"");
    }

    /// <summary>Reads DNS settings; empty text gives none.</summary>
    /// <exception cref="CniException">Code 6.</exception>
    public static CniDns ReadDns(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
        {
            return CniDns.None;
        }

        var dns = CniDns.None;
        var reader = new JsonObjectReader(json, "dns");
        while (reader.Next())
        {
            if (reader.Is("nameservers"u8))
            {
                dns = dns with { Nameservers = reader.Strings() };
            }
            else if (reader.Is("domain"u8))
            {
                dns = dns with { Domain = reader.String() ?? string.Empty };
            }
            else if (reader.Is("search"u8))
            {
                dns = dns with { Search = reader.Strings() };
            }
            else if (reader.Is("options"u8))
            {
                dns = dns with { Options = reader.Strings() };
            }
        }

        return dns.IsEmpty ? CniDns.None : dns;
    }

    private static CniInterface ReadInterface(ReadOnlyMemory<byte> json)
    {
        var link = new CniInterface { Name = string.Empty };
        var reader = new JsonObjectReader(json, "an interface");
        while (reader.Next())
        {
            if (reader.Is("name"u8))
            {
                link = link with { Name = reader.String() ?? string.Empty };
            }
            else if (reader.Is("mac"u8))
            {
                link = link with { Mac = reader.String() ?? string.Empty };
            }
            else if (reader.Is("mtu"u8))
            {
                link = link with { Mtu = reader.Int32() };
            }
            else if (reader.Is("sandbox"u8))
            {
                link = link with { Sandbox = reader.String() ?? string.Empty };
            }
            else if (reader.Is("socketPath"u8))
            {
                link = link with { SocketPath = reader.String() ?? string.Empty };
            }
            else if (reader.Is("pciID"u8))
            {
                link = link with { PciId = reader.String() ?? string.Empty };
            }
        }

        return link;
    }

    private static CniIp ReadIp(ReadOnlyMemory<byte> json)
    {
        IpPrefix address = default;
        IpAddress gateway = default;
        int? index = null;
        var reader = new JsonObjectReader(json, "an address");
        while (reader.Next())
        {
            if (reader.Is("address"u8))
            {
                address = ReadPrefix(ref reader);
            }
            else if (reader.Is("gateway"u8))
            {
                gateway = ReadAddress(ref reader);
            }
            else if (reader.Is("interface"u8))
            {
                index = reader.Int32OrNull();
            }
        }

        return !address.IsNone
            ? new CniIp { Address = address, Gateway = gateway, Interface = index }
            : throw new CniException(CniErrorCode.DecodingFailure, "an address has no \"address\"");
    }

    private static void ReadFamily(ReadOnlyMemory<byte> json, List<CniIp> ips, List<CniRoute> routes)
    {
        IpPrefix address = default;
        IpAddress gateway = default;
        var reader = new JsonObjectReader(json, "ip4 or ip6");
        while (reader.Next())
        {
            if (reader.Is("ip"u8))
            {
                address = ReadPrefix(ref reader);
            }
            else if (reader.Is("gateway"u8))
            {
                gateway = ReadAddress(ref reader);
            }
            else if (reader.Is("routes"u8))
            {
                routes.AddRange(reader.Elements().Select(e => ReadRoute(e)));
            }
        }

        if (!address.IsNone)
        {
            ips.Add(new CniIp { Address = address, Gateway = gateway });
        }
    }

    private static IpPrefix ReadPrefix(ref JsonObjectReader reader) =>
        IpPrefix.TryParse(reader.String(), out var prefix) ? prefix : throw reader.WrongType("an address with a prefix length");

    private static IpAddress ReadAddress(ref JsonObjectReader reader)
    {
        var text = reader.String();
        return string.IsNullOrEmpty(text) ? default
            : IpAddress.TryParse(text, out var address) ? address
            : throw reader.WrongType("an IP address");
    }
}
