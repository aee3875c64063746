using System.Buffers;
using System.Text.Json;
using Podwire.Primitives;

namespace Podwire.Cni;

/// <summary>
/// Writes a result in the shape of a version: 0.1 and 0.2 know one address per family in <c>ip4</c> and <c>ip6</c>; 0.3 and 0.4 put
/// <c>version</c> on each address; 1.0 drops it; 1.1 adds interface and route attributes. What a version cannot say is left out.
/// </summary>
public static class CniResultWriter
{
    /// <summary>The result as JSON text in the shape of <paramref name="version"/>, with <c>cniVersion</c> first.</summary>
    public static byte[] ToJson(CniResult result, CniVersion version)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, CniJson.WriterOptions))
        {
            Write(json, result, version);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes the result as one object value.</summary>
    public static void Write(Utf8JsonWriter json, CniResult result, CniVersion version)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(result);
        json.WriteStartObject();
        json.WriteString("cniVersion"u8, version.ToString());
        if (version < CniVersion.V0_3_0)
        {
            WriteByFamily(json, "ip4"u8, result, IpFamily.V4);
            WriteByFamily(json, "ip6"u8, result, IpFamily.V6);
        }
        else
        {
            WriteInterfaces(json, result.Interfaces, version);
            WriteIps(json, result.Ips, version);
            if (result.Routes.Count > 0)
            {
                json.WritePropertyName("routes"u8);
                WriteRoutes(json, result.Routes, version);
            }
        }

        json.WritePropertyName("dns"u8);
        WriteDns(json, result.Dns);
        json.WriteEndObject();
    }

    /// <summary>Writes DNS settings as one object value, without what is empty.</summary>
    public static void WriteDns(Utf8JsonWriter json, CniDns dns)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(dns);
        json.WriteStartObject();
        WriteList(json, "nameservers"u8, dns.Nameservers);
        WriteText(json, "domain"u8, dns.Domain);
        WriteList(json, "search"u8, dns.Search);
        WriteList(json, "options"u8, dns.Options);
        json.WriteEndObject();
    }

    /// <summary>Writes routes as one array value.</summary>
    public static void WriteRoutes(Utf8JsonWriter json, IEnumerable<CniRoute> routes, CniVersion version)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(routes);
        json.WriteStartArray();
        foreach (var route in routes)
        {
            json.WriteStartObject();
            json.WriteString("dst"u8, route.Dst.ToString());
            WriteAddress(json, "gw"u8, route.Gw);
            if (version >= CniVersion.V1_1_0)
            {
                WriteNumber(json, "mtu"u8, route.Mtu);
                WriteNumber(json, "advmss"u8, route.AdvMss);
                WriteNumber(json, "priority"u8, route.Priority);
                if (route.Table is { } table)
                {
                    json.WriteNumber("table"u8, table);
                }

                if (route.Scope is { } scope)
                {
                    json.WriteNumber("scope"u8, scope);
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteByFamily(Utf8JsonWriter json, ReadOnlySpan<byte> name, CniResult result, IpFamily family)
    {
        CniIp? first = null;
        foreach (var ip in result.Ips)
        {
            if (ip.Address.Family == family)
            {
                first = ip;
                break;
            }
        }

        if (first is null)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("ip"u8, first.Address.ToString());
        WriteAddress(json, "gateway"u8, first.Gateway);
        var routes = result.Routes.Where(r => r.Dst.Family == family).ToList();
        if (routes.Count > 0)
        {
            json.WritePropertyName("routes"u8);
            WriteRoutes(json, routes, CniVersion.V0_2_0);
        }

        json.WriteEndObject();
    }

    private static void WriteInterfaces(Utf8JsonWriter json, IReadOnlyList<CniInterface> interfaces, CniVersion version)
    {
        if (interfaces.Count == 0)
        {
            return;
        }

        json.WriteStartArray("interfaces"u8);
        foreach (var link in interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, link.Name);
            WriteText(json, "mac"u8, link.Mac);
            if (version >= CniVersion.V1_1_0)
            {
                WriteNumber(json, "mtu"u8, link.Mtu);
            }

            WriteText(json, "sandbox"u8, link.Sandbox);
            if (version >= CniVersion.V1_1_0)
            {
                WriteText(json, "socketPath"u8, link.SocketPath);
                WriteText(json, "pciID"u8, link.PciId);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteIps(Utf8JsonWriter json, IReadOnlyList<CniIp> ips, CniVersion version)
    {
        if (ips.Count == 0)
        {
            return;
        }

        json.WriteStartArray("ips"u8);
        foreach (var ip in ips)
        {
            json.WriteStartObject();
            if (version < CniVersion.V1_0_0)
            {
                json.WriteString("version"u8, ip.Address.Address.IsV4 ? "4"u8 : "6"u8);
            }

            if (ip.Interface is { } index)
            {
                json.WriteNumber("interface"u8, index);
            }

            json.WriteString("address"u8, ip.Address.ToString());
            WriteAddress(json, "gateway"u8, ip.Gateway);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteAddress(Utf8JsonWriter json, ReadOnlySpan<byte> name, IpAddress address)
    {
        if (!address.IsNone)
        {
            json.WriteString(name, address.ToString());
        }
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string text)
    {
        if (text.Length > 0)
        {
            json.WriteString(name, text);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, int number)
    {
        if (number != 0)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void WriteList(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStringValue(item);
        }

        json.WriteEndArray();
    }
}
