using Podwire.Primitives;

namespace Podwire.Cni.Ipam;

/// <summary>host-local's part of a configuration, checked: what to give out, what to answer with it, and where leases are kept.</summary>
public sealed record HostLocalConfig
{
    /// <summary>Where the reference keeps leases.</summary>
    public const string DefaultDataDir = "/var/lib/cni/networks";

    /// <summary>The network's name: the folder of its leases.</summary>
    public required string Network { get; init; }

    /// <summary>The parent of that folder.</summary>
    public string DataDir { get; init; } = DefaultDataDir;

    /// <summary>The range sets; each attachment gets one address of each.</summary>
    public required IReadOnlyList<IpRangeSet> Sets { get; init; }

    /// <summary>Routes to answer with.</summary>
    public IReadOnlyList<CniRoute> Routes { get; init; } = [];

    /// <summary>A file in the format of resolv.conf(5) to answer DNS settings from; empty for none.</summary>
    public string ResolvConf { get; init; } = string.Empty;

    /// <summary>Addresses that were asked for by name.</summary>
    public IReadOnlyList<IpAddress> Requested { get; init; } = [];

    /// <summary>
    /// Reads and checks it from a call. Ranges come from <c>runtimeConfig.ipRanges</c>, the members of <c>ipam</c> itself, and
    /// <c>ipam.ranges</c>, in this order; requested addresses from <c>runtimeConfig.ips</c>, <c>args.cni.ips</c> and IP in CNI_ARGS.
    /// </summary>
    /// <exception cref="CniException">Code 6, 7, or 4 for CNI_ARGS.</exception>
    public static HostLocalConfig Parse(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = call.Config;
        if (config.Ipam.IsEmpty)
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "ipam is missing");
        }

        var sets = new List<IpRangeSet>();
        var requested = new List<IpAddress>();
        ReadRuntime(config.RuntimeConfig, sets, requested);
        ReadArgs(config.ArgsCni, requested);
        if (call.Args["IP"] is { } ip)
        {
            requested.Add(ReadRequested(ip, "CNI_ARGS: IP", CniErrorCode.InvalidEnvironment));
        }

        var dataDir = string.Empty;
        var resolvConf = string.Empty;
        IReadOnlyList<CniRoute> routes = [];
        IReadOnlyList<ReadOnlyMemory<byte>> ranges = [];
        var reader = new JsonObjectReader(config.Ipam, "ipam");
        while (reader.Next())
        {
            if (reader.Is("dataDir"u8))
            {
                dataDir = reader.String() ?? string.Empty;
            }
            else if (reader.Is("resolvConf"u8))
            {
                resolvConf = reader.String() ?? string.Empty;
            }
            else if (reader.Is("routes"u8))
            {
                routes = [.. reader.Elements().Select(e => CniResultReader.ReadRoute(e))];
            }
            else if (reader.Is("ranges"u8))
            {
                ranges = reader.Elements();
            }
        }

        if (ReadRange(config.Ipam, "ipam") is { } own)
        {
            sets.Add(new IpRangeSet([own]));
        }

        sets.AddRange(ranges.Select(ReadSet));
        Check(sets, config.Version);
        return new HostLocalConfig
        {
            Network = config.Name,
            DataDir = dataDir.Length > 0 ? dataDir : DefaultDataDir,
            Sets = sets,
            Routes = routes,
            ResolvConf = resolvConf,
            Requested = requested,
        };
    }

    /// <summary>Where the leases are, without checking the rest: DEL must work with a configuration whose ranges have become wrong.</summary>
    /// <exception cref="CniException">Code 6.</exception>
    public static string ReadDataDir(NetworkConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var dataDir = string.Empty;
        if (!config.Ipam.IsEmpty)
        {
            var reader = new JsonObjectReader(config.Ipam, "ipam");
            while (reader.Next())
            {
                if (reader.Is("dataDir"u8))
                {
                    dataDir = reader.String() ?? string.Empty;
                }
            }
        }

        return dataDir.Length > 0 ? dataDir : DefaultDataDir;
    }

    private static void Check(List<IpRangeSet> sets, CniVersion version)
    {
        if (sets.Count == 0)
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "ipam: no ranges, and no subnet");
        }

        for (var i = 0; i < sets.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (sets[i].Overlaps(sets[j]))
                {
                    throw new CniException(CniErrorCode.InvalidNetworkConfig, $"ipam: range sets {sets[j]} and {sets[i]} overlap");
                }
            }
        }

        if (version < CniVersion.V0_3_0 && sets.CountBy(s => s.Family).Any(c => c.Value > 1))
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, $"ipam: cniVersion {version} has room for one address of each family only");
        }
    }

    private static void ReadRuntime(ReadOnlyMemory<byte> json, List<IpRangeSet> sets, List<IpAddress> requested)
    {
        if (json.IsEmpty)
        {
            return;
        }

        var reader = new JsonObjectReader(json, "runtimeConfig");
        while (reader.Next())
        {
            if (reader.Is("ipRanges"u8))
            {
                sets.AddRange(reader.Elements().Select(ReadSet));
            }
            else if (reader.Is("ips"u8))
            {
                requested.AddRange(reader.Strings().Select(t => ReadRequested(t, "runtimeConfig: ips", CniErrorCode.InvalidNetworkConfig)));
            }
        }
    }

    private static void ReadArgs(ReadOnlyMemory<byte> json, List<IpAddress> requested)
    {
        if (json.IsEmpty)
        {
            return;
        }

        var reader = new JsonObjectReader(json, "args.cni");
        while (reader.Next())
        {
            if (reader.Is("ips"u8))
            {
                requested.AddRange(reader.Strings().Select(t => ReadRequested(t, "args.cni: ips", CniErrorCode.InvalidNetworkConfig)));
            }
        }
    }

    private static IpAddress ReadRequested(string text, string what, CniErrorCode code) =>
        IpAddress.TryParse(text, out var address) ? address
        : IpPrefix.TryParse(text, out var prefix) ? prefix.Address
        : throw new CniException(code, $"{what} is not an address", text);

    private static IpRangeSet ReadSet(ReadOnlyMemory<byte> json) => new(
        [.. JsonObjectReader.ElementsOf(json, "ipam.ranges").Select(e => ReadRange(e, "a range")
            ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "ipam: a range has no subnet"))]);

    private static IpRange? ReadRange(ReadOnlyMemory<byte> json, string what)
    {
        IpPrefix subnet = default;
        IpAddress start = default, end = default, gateway = default;
        var reader = new JsonObjectReader(json, what);
        while (reader.Next())
        {
            if (reader.Is("subnet"u8))
            {
                var text = reader.String();
                subnet = string.IsNullOrEmpty(text) ? default : IpPrefix.TryParse(text, out var parsed) ? parsed : throw reader.WrongType("a subnet");
            }
            else if (reader.Is("rangeStart"u8))
            {
                start = Address(ref reader);
            }
            else if (reader.Is("rangeEnd"u8))
            {
                end = Address(ref reader);
            }
            else if (reader.Is("gateway"u8))
            {
                gateway = Address(ref reader);
            }
        }

        return subnet.IsNone ? null : IpRange.Create(subnet, start, end, gateway);
    }

    private static IpAddress Address(ref JsonObjectReader reader)
    {
        var text = reader.String();
        return string.IsNullOrEmpty(text) ? default : IpAddress.TryParse(text, out var address) ? address : throw reader.WrongType("an IP address");
    }
}
