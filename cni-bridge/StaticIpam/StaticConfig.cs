using Podwire.Cni;
using Podwire.Primitives;

namespace Podwire.CniBridge.StaticIpam;

/// <summary>static's part of a configuration, checked: the addresses that every attachment gets.</summary>
internal sealed record StaticConfig
{
    /// <summary>The addresses with their gateways.</summary>
    internal IReadOnlyList<CniIp> Ips { get; private init; } = [];

    /// <summary>Routes to answer with.</summary>
    internal IReadOnlyList<CniRoute> Routes { get; private init; } = [];

    /// <summary>DNS settings to answer with.</summary>
    internal CniDns Dns { get; private init; } = CniDns.None;

    /// <summary>
    /// Reads and checks. Addresses are those of <c>ipam.addresses</c> and of IP in CNI_ARGS, which GATEWAY gives gateways to; those of
    /// <c>args.cni.ips</c> stand in for all of them, and those of <c>runtimeConfig.ips</c> for these.
    /// </summary>
    /// <exception cref="CniException">Code 6, 7, or 4 for CNI_ARGS.</exception>
    internal static StaticConfig Parse(PluginCall call)
    {
        var config = call.Config;
        if (config.Ipam.IsEmpty)
        {
            throw Invalid("ipam is missing");
        }

        var read = Read(config.Ipam);
        var ips = read.Ips.Concat(FromArgs(call.Args["IP"])).ToList();
        foreach (var gateway in Gateways(call.Args["GATEWAY"]))
        {
            ips = [.. ips.Select(ip => ip.Address.Masked.Contains(gateway) ? ip with { Gateway = gateway } : ip)];
        }

        ips = Requested(config.ArgsCni, "args.cni") ?? ips;
        ips = Requested(config.RuntimeConfig, "runtimeConfig") ?? ips;
        if (config.Version < CniVersion.V0_3_0 && ips.CountBy(ip => ip.Address.Family).Any(c => c.Value > 1))
        {
            throw Invalid($"ipam: cniVersion {config.Version} has room for one address of each family only");
        }

        return read with { Ips = ips };
    }

    private static StaticConfig Read(ReadOnlyMemory<byte> ipam)
    {
        var config = new StaticConfig();
        var reader = new JsonObjectReader(ipam, "ipam");
        while (reader.Next())
        {
            if (reader.Is("addresses"u8))
            {
                config = config with { Ips = [.. reader.Elements().Select(ReadAddress)] };
            }
            else if (reader.Is("routes"u8))
            {
                config = config with { Routes = [.. reader.Elements().Select(e => CniResultReader.ReadRoute(e))] };
            }
            else if (reader.Is("dns"u8))
            {
                config = config with { Dns = CniResultReader.ReadDns(reader.Object()) };
            }
        }

        return config;
    }

    private static CniIp ReadAddress(ReadOnlyMemory<byte> json)
    {
        string? address = null;
        IpAddress gateway = default;
        var reader = new JsonObjectReader(json, "ipam.addresses");
        while (reader.Next())
        {
            if (reader.Is("address"u8))
            {
                address = reader.String();
            }
            else if (reader.Is("gateway"u8))
            {
                var text = reader.String();
                gateway = string.IsNullOrEmpty(text) ? default : IpAddress.TryParse(text, out var parsed) ? parsed : throw reader.WrongType("an IP address");
            }
        }

        return Ip(address ?? string.Empty, "ipam.addresses", CniErrorCode.InvalidNetworkConfig) with { Gateway = gateway };
    }

    private static List<CniIp>? Requested(ReadOnlyMemory<byte> json, string what)
    {
        List<CniIp>? ips = null;
        if (!json.IsEmpty)
        {
            var reader = new JsonObjectReader(json, what);
            while (reader.Next())
            {
                if (reader.Is("ips"u8))
                {
                    var texts = reader.Strings();
                    ips = texts.Count == 0 ? null : [.. texts.Select(t => Ip(t, $"{what}: ips", CniErrorCode.InvalidNetworkConfig))];
                }
            }
        }

        return ips;
    }

    private static IEnumerable<CniIp> FromArgs(string? text) =>
        Parts(text).Select(part => Ip(part, "CNI_ARGS: IP", CniErrorCode.InvalidEnvironment));

    private static IEnumerable<IpAddress> Gateways(string? text) =>
        Parts(text).Select(part => IpAddress.TryParse(part, out var gateway)
            ? gateway
            : throw new CniException(CniErrorCode.InvalidEnvironment, "CNI_ARGS: GATEWAY is not an address", part));

    private static string[] Parts(string? text) => text is null ? [] : text.Split(',', StringSplitOptions.TrimEntries);

    private static CniIp Ip(string text, string what, CniErrorCode code) => text.Contains('/', StringComparison.Ordinal) && IpPrefix.TryParse(text, out var prefix)
        ? new CniIp { Address = prefix }
        : throw new CniException(code, $"{what} is not an address with the length of its network (10.0.0.2/24)", text);

    private static CniException Invalid(string message) => new(CniErrorCode.InvalidNetworkConfig, message);
}
