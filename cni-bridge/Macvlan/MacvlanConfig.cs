using Podwire.Cni;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Macvlan;

/// <summary>The members of a configuration that are macvlan's own, checked.</summary>
internal sealed record MacvlanConfig
{
    /// <summary><c>master</c>: the interface below; empty for that of the default route.</summary>
    internal string Master { get; private init; } = string.Empty;

    /// <summary><c>mode</c>.</summary>
    internal MacvlanMode Mode { get; private init; } = MacvlanMode.Bridge;

    /// <summary><c>mtu</c> in bytes; null for the master's.</summary>
    internal int? Mtu { get; private init; }

    /// <summary><c>linkInContainer</c>: the master is in the container's namespace.</summary>
    internal bool LinkInContainer { get; private init; }

    /// <summary><c>bcqueuelen</c>; null for the kernel's.</summary>
    internal uint? BroadcastQueueLength { get; private init; }

    /// <summary>The MAC address: <c>runtimeConfig.mac</c>, else MAC in CNI_ARGS, else <c>mac</c>; null for a random one.</summary>
    internal MacAddress? Mac { get; private init; }

    /// <summary>Reads and checks all but what only the master can tell.</summary>
    /// <exception cref="CniException">Code 6, 7, or 4 for CNI_ARGS.</exception>
    internal static MacvlanConfig Parse(PluginCall call)
    {
        var config = Read(call.Config.Json);
        return config.Master.Length == 0 || CniNames.IsInterfaceName(config.Master)
            ? config with
            {
                Mac = MacOption.Parse(MacOption.Of(call.Config.RuntimeConfig, "runtimeConfig"))
                    ?? MacOption.Parse(call.Args["MAC"], CniErrorCode.InvalidEnvironment)
                    ?? MacOption.Parse(MacOption.Of(call.Config.Json, "the network configuration")),
            }
            : throw Invalid($"\"master\" is not an interface name: {config.Master}");
    }

    private static MacvlanConfig Read(ReadOnlyMemory<byte> json)
    {
        var config = new MacvlanConfig();
        var reader = new JsonObjectReader(json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("master"u8))
            {
                config = config with { Master = reader.String() ?? string.Empty };
            }
            else if (reader.Is("mode"u8))
            {
                config = config with { Mode = ReadMode(reader.String()) };
            }
            else if (reader.Is("mtu"u8))
            {
                var mtu = reader.Int32();
                config = config with { Mtu = mtu == 0 ? null : mtu > 0 ? mtu : throw Invalid($"\"mtu\" is below 0: {mtu}") };
            }
            else if (reader.Is("linkInContainer"u8))
            {
                config = config with { LinkInContainer = reader.Boolean() };
            }
            else if (reader.Is("bcqueuelen"u8))
            {
                var length = reader.Int64();
                config = config with { BroadcastQueueLength = length == 0 ? null : length is > 0 and <= uint.MaxValue ? (uint)length : throw Invalid($"\"bcqueuelen\" is not a number of 32 bits: {length}") };
            }
        }

        return config;
    }

    private static MacvlanMode ReadMode(string? mode) => mode switch
    {
        null or "" or "bridge" => MacvlanMode.Bridge,
        "private" => MacvlanMode.Private,
        "vepa" => MacvlanMode.Vepa,
        "passthru" => MacvlanMode.Passthru,
        _ => throw Invalid($"\"mode\" is none of bridge, private, vepa and passthru: {mode}"),
    };

    private static CniException Invalid(string message) => new(CniErrorCode.InvalidNetworkConfig, message);
}
