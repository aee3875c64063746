using Podwire.Cni;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bridge;

/// <summary>The members of a configuration that are bridge's own, checked.</summary>
internal sealed record BridgeConfig
{
    /// <summary>The reference's name for a bridge that is given none.</summary>
    internal const string DefaultBridge = "cni0";

    /// <summary><c>bridge</c>.</summary>
    internal string Bridge { get; private init; } = DefaultBridge;

    /// <summary><c>isGateway</c>, which <c>isDefaultGateway</c> implies: the bridge has the gateways' addresses and the node forwards.</summary>
    internal bool IsGateway { get; private init; }

    /// <summary><c>isDefaultGateway</c>: containers' default route goes there.</summary>
    internal bool IsDefaultGateway { get; private init; }

    /// <summary><c>forceAddress</c>: addresses of the bridge that are in the way of a gateway's are removed.</summary>
    internal bool ForceAddress { get; private init; }

    /// <summary><c>ipMasq</c>.</summary>
    internal bool IpMasq { get; private init; }

    /// <summary><c>ipMasqBackend: iptables</c>; nftables otherwise.</summary>
    internal bool IpMasqIptables { get; private init; }

    /// <summary><c>mtu</c> in bytes; null for the kernel's.</summary>
    internal int? Mtu { get; private init; }

    /// <summary><c>hairpinMode</c>.</summary>
    internal bool Hairpin { get; private init; }

    /// <summary><c>promiscMode</c>.</summary>
    internal bool Promiscuous { get; private init; }

    /// <summary><c>portIsolation</c>.</summary>
    internal bool PortIsolation { get; private init; }

    /// <summary><c>enabledad</c>: IPv6 addresses are checked for duplicates, and ADD waits for that.</summary>
    internal bool DuplicateAddressDetection { get; private init; }

    /// <summary><c>disableContainerInterface</c>: the container's interface stays down.</summary>
    internal bool DisableContainerInterface { get; private init; }

    /// <summary><c>vlan</c>, <c>vlanTrunk</c> and <c>preserveDefaultVlan</c>.</summary>
    internal VlanOptions Vlans { get; private init; } = VlanOptions.None;

    /// <summary><c>macspoofchk</c>: frames from another MAC address than the container's are dropped.</summary>
    internal bool MacSpoofCheck { get; private init; }

    /// <summary>The container's MAC address: <c>runtimeConfig.mac</c>, else <c>args.cni.mac</c>, else MAC in CNI_ARGS; null for a random one.</summary>
    internal MacAddress? Mac { get; private init; }

    /// <summary>Reads and checks.</summary>
    /// <exception cref="CniException">Code 6: a wrong type; 7: a combination that cannot be; 2: a feature that is not there, by name; 4: MAC in CNI_ARGS.</exception>
    internal static BridgeConfig Parse(PluginCall call)
    {
        var config = Read(call.Config.Json) with { Mac = ReadMac(call) };
        if (!CniNames.IsInterfaceName(config.Bridge))
        {
            throw Invalid($"\"bridge\" is not an interface name: {config.Bridge}");
        }

        if (config.Hairpin && config.Promiscuous)
        {
            throw Invalid("\"hairpinMode\" and \"promiscMode\" exclude each other");
        }

        if (config.DisableContainerInterface && call.Config.IpamType.Length > 0)
        {
            throw Invalid("\"disableContainerInterface\" and \"ipam\" exclude each other");
        }

        return config;
    }

    private static BridgeConfig Read(ReadOnlyMemory<byte> json)
    {
        var config = new BridgeConfig();
        var reader = new JsonObjectReader(json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("bridge"u8))
            {
                config = reader.String() is { Length: > 0 } name ? config with { Bridge = name } : config;
            }
            else if (reader.Is("isGateway"u8))
            {
                var on = reader.Boolean();
                config = config with { IsGateway = on || config.IsDefaultGateway };
            }
            else if (reader.Is("isDefaultGateway"u8))
            {
                var on = reader.Boolean();
                config = config with { IsDefaultGateway = on, IsGateway = on || config.IsGateway };
            }
            else if (reader.Is("forceAddress"u8))
            {
                config = config with { ForceAddress = reader.Boolean() };
            }
            else if (reader.Is("ipMasq"u8))
            {
                config = config with { IpMasq = reader.Boolean() };
            }
            else if (reader.Is("ipMasqBackend"u8))
            {
                config = config with { IpMasqIptables = Masquerading.ReadBackend(ref reader) };
            }
            else if (reader.Is("mtu"u8))
            {
                config = config with { Mtu = ReadMtu(ref reader) };
            }
            else if (reader.Is("hairpinMode"u8))
            {
                config = config with { Hairpin = reader.Boolean() };
            }
            else if (reader.Is("promiscMode"u8))
            {
                config = config with { Promiscuous = reader.Boolean() };
            }
            else if (reader.Is("portIsolation"u8))
            {
                config = config with { PortIsolation = reader.Boolean() };
            }
            else if (reader.Is("enabledad"u8))
            {
                config = config with { DuplicateAddressDetection = reader.Boolean() };
            }
            else if (reader.Is("disableContainerInterface"u8))
            {
                config = config with { DisableContainerInterface = reader.Boolean() };
            }
            else if (reader.Is("vlan"u8))
            {
                config = config with { Vlans = config.Vlans with { Id = VlanOptions.ReadId(reader.Int32()) } };
            }
            else if (reader.Is("vlanTrunk"u8))
            {
                config = config with { Vlans = config.Vlans with { Trunk = [.. reader.Elements().SelectMany(VlanOptions.ReadTrunk)] } };
            }
            else if (reader.Is("preserveDefaultVlan"u8))
            {
                config = config with { Vlans = config.Vlans with { PreserveDefault = reader.BooleanOrNull() ?? true } };
            }
            else if (reader.Is("macspoofchk"u8))
            {
                config = config with { MacSpoofCheck = reader.Boolean() };
            }
        }

        return config;
    }

    /// <summary>Reads <c>mtu</c>; null for 0.</summary>
    /// <exception cref="CniException">Code 7: none that a veth can have.</exception>
    internal static int? ReadMtu(ref JsonObjectReader reader)
    {
        var mtu = reader.Int32();
        return mtu switch
        {
            0 => null,
            // RFC 791 section 3.2: every IPv4 link passes 68 bytes; 65535 is veth's and the bridge's limit (ETH_MAX_MTU).
            >= 68 and <= 65535 => mtu,
            _ => throw Invalid($"\"mtu\" is not within 68 and 65535: {mtu}"),
        };
    }

    private static MacAddress? ReadMac(PluginCall call)
    {
        var text = MacOf(call.Config.RuntimeConfig, "runtimeConfig") ?? MacOf(call.Config.ArgsCni, "args.cni");
        var code = CniErrorCode.InvalidNetworkConfig;
        if (text is null)
        {
            text = call.Args["MAC"];
            code = CniErrorCode.InvalidEnvironment;
        }

        if (text is null)
        {
            return null;
        }

        return MacAddress.TryParse(text, out var mac) && !mac.IsGroup && !mac.IsZero
            ? mac
            : throw new CniException(code, "the MAC address asked for is not one that an interface can have", text);
    }

    private static string? MacOf(ReadOnlyMemory<byte> json, string what)
    {
        if (json.IsEmpty)
        {
            return null;
        }

        string? mac = null;
        var reader = new JsonObjectReader(json, what);
        while (reader.Next())
        {
            if (reader.Is("mac"u8))
            {
                mac = reader.String();
            }
        }

        return string.IsNullOrEmpty(mac) ? null : mac;
    }

    /// <summary>How a port of this configuration is set.</summary>
    internal BridgePort Port => new() { Hairpin = Hairpin, Isolated = PortIsolation };

    private static CniException Invalid(string message) => new(CniErrorCode.InvalidNetworkConfig, message);
}
