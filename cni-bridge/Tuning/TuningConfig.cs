using Podwire.Cni;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tuning;

/// <summary>The members of a configuration that are tuning's own, checked.</summary>
internal sealed record TuningConfig
{
    /// <summary>Where the reference keeps what DEL restores.</summary>
    internal const string DefaultDataDir = "/run/cni/tuning";

    /// <summary><c>dataDir</c>.</summary>
    internal string DataDir { get; private init; } = DefaultDataDir;

    /// <summary><c>sysctl</c>: the keys as they are written there, with their values, in their order.</summary>
    internal IReadOnlyList<SysctlSetting> Sysctls { get; private init; } = [];

    /// <summary>The MAC address: <c>args.cni.mac</c>, else <c>runtimeConfig.mac</c>, else MAC in CNI_ARGS, else <c>mac</c>.</summary>
    internal MacAddress? Mac { get; private init; }

    /// <summary><c>promisc</c>; null leaves it.</summary>
    internal bool? Promiscuous { get; private init; }

    /// <summary><c>mtu</c> in bytes; null leaves it.</summary>
    internal int? Mtu { get; private init; }

    /// <summary><c>allmulti</c>; null leaves it.</summary>
    internal bool? AllMulticast { get; private init; }

    /// <summary><c>txQLen</c> in packets; null leaves it.</summary>
    internal int? TxQueueLength { get; private init; }

    /// <summary>True if the interface itself is changed.</summary>
    internal bool ChangesLink => Mac is not null || Promiscuous == true || Mtu is not null || AllMulticast is not null || TxQueueLength is not null;

    /// <summary>Reads and checks; members of <c>args.cni</c> win.</summary>
    /// <exception cref="CniException">Code 6: a wrong type; 7: what cannot be; 4: CNI_ARGS.</exception>
    internal static TuningConfig Parse(PluginCall call)
    {
        var config = call.Config;
        var read = Read(new TuningConfig(), config.Json, "the network configuration");
        var mac = MacOption.Parse(MacOption.Of(config.ArgsCni, "args.cni"))
            ?? MacOption.Parse(MacOption.Of(config.RuntimeConfig, "runtimeConfig"))
            ?? MacOption.Parse(call.Args["MAC"], CniErrorCode.InvalidEnvironment)
            ?? MacOption.Parse(MacOption.Of(config.Json, "the network configuration"));
        return Read(read, config.ArgsCni, "args.cni") with { Mac = mac, DataDir = read.DataDir };
    }

    /// <summary>A key as a path below /proc/sys. Dots separate; IFNAME stands for the container's interface, whose name may hold dots.</summary>
    /// <exception cref="CniException">Code 7: not a setting of the network.</exception>
    internal static string PathOf(string key, string ifName)
    {
        var parts = key.Replace('.', '/').Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || parts[0] != "net")
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"sysctl\" has a key that is not one of the network's: {key}", "it must begin with net.");
        }

        var at = Array.FindIndex(parts, p => p.Contains("IFNAME", StringComparison.Ordinal));
        if (at >= 0)
        {
            parts[at] = parts[at].Replace("IFNAME", ifName, StringComparison.Ordinal);
        }

        return string.Join('/', parts);
    }

    private static TuningConfig Read(TuningConfig config, ReadOnlyMemory<byte> json, string what)
    {
        if (json.IsEmpty)
        {
            return config;
        }

        var reader = new JsonObjectReader(json, what);
        while (reader.Next())
        {
            if (reader.Is("dataDir"u8))
            {
                config = reader.String() is { Length: > 0 } folder ? config with { DataDir = folder } : config;
            }
            else if (reader.Is("sysctl"u8))
            {
                config = config with { Sysctls = Merge(config.Sysctls, ReadSysctls(reader.Object(), what)) };
            }
            else if (reader.Is("promisc"u8))
            {
                config = config with { Promiscuous = reader.BooleanOrNull() };
            }
            else if (reader.Is("mtu"u8))
            {
                config = config with { Mtu = Positive(reader.Int32(), "mtu") };
            }
            else if (reader.Is("allmulti"u8))
            {
                config = config with { AllMulticast = reader.BooleanOrNull() };
            }
            else if (reader.Is("txQLen"u8))
            {
                config = config with { TxQueueLength = reader.Int32OrNull() is { } length ? Positive(length, "txQLen") ?? 0 : null };
            }
        }

        return config;
    }

    private static List<SysctlSetting> ReadSysctls(ReadOnlyMemory<byte> json, string what)
    {
        var sysctls = new List<SysctlSetting>();
        if (json.IsEmpty)
        {
            return sysctls;
        }

        var reader = new JsonObjectReader(json, $"{what}: sysctl");
        while (reader.Next())
        {
            var key = reader.Key;
            if (sysctls.Exists(s => s.Name == key))
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"sysctl\" has a key twice: {key}");
            }

            sysctls.Add(new(key, reader.String() ?? string.Empty));
        }

        return sysctls;
    }

    private static List<SysctlSetting> Merge(IReadOnlyList<SysctlSetting> first, List<SysctlSetting> later) =>
        [.. first.Where(s => !later.Exists(l => l.Name == s.Name)), .. later];

    private static int? Positive(int number, string key) => number switch
    {
        0 => null,
        > 0 => number,
        _ => throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"{key}\" is below 0: {number}"),
    };
}
