using Podwire.Cni;

namespace Podwire.CniCalico.Plugin;

/// <summary>The members of Calico's network configuration that count here; its log, datastore and policy members are read by nobody.</summary>
internal sealed record CalicoConf
{
    /// <summary>Where the agent listens, unless <c>agentSocket</c> names another place.</summary>
    public const string DefaultSocket = "/run/podwire-calico/cni.sock";

    /// <summary>Where the agent writes the pods' MTU.</summary>
    public const string MtuFile = "/var/lib/calico/mtu";

    /// <summary><c>mtu</c>: the pods' MTU; 0 for what the agent says.</summary>
    public int Mtu { get; init; }

    /// <summary><c>agentSocket</c>: where podwire-calico listens.</summary>
    public string Socket { get; init; } = DefaultSocket;

    /// <summary><c>ipam.assign_ipv4</c>.</summary>
    public bool V4 { get; init; } = true;

    /// <summary><c>ipam.assign_ipv6</c>.</summary>
    public bool V6 { get; init; }

    /// <summary><c>ipam.ipv4_pools</c>.</summary>
    public IReadOnlyList<string> PoolsV4 { get; init; } = [];

    /// <summary><c>ipam.ipv6_pools</c>.</summary>
    public IReadOnlyList<string> PoolsV6 { get; init; } = [];

    /// <summary><c>feature_control.ip_addrs_no_ipam</c>: pods may name addresses that nobody manages.</summary>
    public bool AllowsNoIpam { get; init; }

    /// <summary>Reads them.</summary>
    /// <exception cref="CniException">Code 6 or 7: a wrong type or value.</exception>
    public static CalicoConf Parse(NetworkConfig config)
    {
        var conf = new CalicoConf();
        var reader = new JsonObjectReader(config.Json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("mtu"u8))
            {
                conf = conf with { Mtu = reader.Int32() };
            }
            else if (reader.Is("agentSocket"u8))
            {
                conf = conf with { Socket = reader.String() is { Length: > 0 } path ? path : DefaultSocket };
            }
            else if (reader.Is("feature_control"u8))
            {
                var features = new JsonObjectReader(reader.Object(), "feature_control");
                while (features.Next())
                {
                    conf = features.Is("ip_addrs_no_ipam"u8) ? conf with { AllowsNoIpam = features.Boolean() } : conf;
                }
            }
        }

        if (conf.Mtu is < 0 or > 65535)
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"mtu\" is {conf.Mtu}, not from 0 to 65535");
        }

        return config.Ipam.IsEmpty ? conf : conf.WithIpam(config.Ipam);
    }

    private CalicoConf WithIpam(ReadOnlyMemory<byte> json)
    {
        var conf = this;
        var reader = new JsonObjectReader(json, "ipam");
        while (reader.Next())
        {
            // Calico's own type here is a text.
            if (reader.Is("assign_ipv4"u8))
            {
                conf = conf with { V4 = Switch("assign_ipv4", reader.String(), true) };
            }
            else if (reader.Is("assign_ipv6"u8))
            {
                conf = conf with { V6 = Switch("assign_ipv6", reader.String(), false) };
            }
            else if (reader.Is("ipv4_pools"u8))
            {
                conf = conf with { PoolsV4 = reader.Strings() };
            }
            else if (reader.Is("ipv6_pools"u8))
            {
                conf = conf with { PoolsV6 = reader.Strings() };
            }
        }

        return conf.V4 || conf.V6 ? conf : throw new CniException(CniErrorCode.InvalidNetworkConfig, "ipam: assign_ipv4 and assign_ipv6 are both false");
    }

    private static bool Switch(string key, string? text, bool otherwise) => text switch
    {
        null or "" => otherwise,
        "true" => true,
        "false" => false,
        _ => throw new CniException(CniErrorCode.InvalidNetworkConfig, $"ipam: \"{key}\" takes \"true\" or \"false\", not \"{text}\""),
    };
}
