using System.Text;
using Podwire.Cni;

namespace Podwire.CniFlannel.Plugin;

/// <summary>The plugin's own keys of its network configuration, and the delegate's configuration made of them.</summary>
internal sealed record FlannelConf
{
    /// <summary>subnetFile: what the agent wrote.</summary>
    public string SubnetFile { get; private init; } = "/run/flannel/subnet.env";

    /// <summary>dataDir: where the delegates' configurations are kept until DEL.</summary>
    public string DataDir { get; private init; } = "/var/lib/cni/flannel";

    private ReadOnlyMemory<byte> Delegate { get; init; }

    /// <summary>Reads the keys.</summary>
    /// <exception cref="CniException">7: the delegate has a key that is set here.</exception>
    public static FlannelConf Read(NetworkConfig config)
    {
        var conf = new FlannelConf();
        var reader = new JsonObjectReader(config.Json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("subnetFile"u8))
            {
                conf = conf with { SubnetFile = reader.String() is { Length: > 0 } path ? path : conf.SubnetFile };
            }
            else if (reader.Is("dataDir"u8))
            {
                conf = conf with { DataDir = reader.String() is { Length: > 0 } path ? path : conf.DataDir };
            }
            else if (reader.Is("delegate"u8))
            {
                conf = conf with { Delegate = reader.Object() };
            }
        }

        return conf;
    }

    /// <summary>The delegate's configuration, as flannel's plugin makes it.</summary>
    /// <param name="config">The plugin's own.</param>
    /// <param name="env">What the agent wrote.</param>
    public byte[] Render(NetworkConfig config, SubnetEnv env)
    {
        var given = Delegate.IsEmpty ? "{}"u8.ToArray() : Delegate;
        bool hasType = false, hasMasquerade = false, hasMtu = false, hasGateway = false;
        var type = "bridge";
        var reader = new JsonObjectReader(given, "delegate");
        while (reader.Next())
        {
            if (reader.Is("name"u8) || reader.Is("ipam"u8))
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"delegate must not have \"{reader.Key}\": flannel sets it");
            }

            if (reader.Is("type"u8))
            {
                type = reader.String() is { Length: > 0 } name ? name : type;
                hasType = true;
            }

            hasMasquerade |= reader.Is("ipMasq"u8);
            hasMtu |= reader.Is("mtu"u8);
            hasGateway |= reader.Is("isGateway"u8);
        }

        var edits = new List<KeyValuePair<string, ReadOnlyMemory<byte>>> { new("cniVersion", CniJson.String(config.Version.ToString())), new("name", CniJson.String(config.Name)) };
        Add(!hasType, "type", CniJson.String(type));
        Add(!hasMasquerade, "ipMasq", env.IpMasq ? "false"u8.ToArray() : "true"u8.ToArray());
        Add(!hasMtu, "mtu", Encoding.ASCII.GetBytes(env.Mtu.ToString()));
        Add(type == "bridge" && !hasGateway, "isGateway", "true"u8.ToArray());
        Add(!config.RuntimeConfig.IsEmpty, "runtimeConfig", config.RuntimeConfig);
        edits.Add(new("ipam", RenderIpam(config.Ipam, env)));
        return CniJson.Set(given, edits.ToArray());

        void Add(bool wanted, string key, ReadOnlyMemory<byte> value)
        {
            if (wanted)
            {
                edits.Add(new(key, value));
            }
        }
    }

    private static byte[] RenderIpam(ReadOnlyMemory<byte> ipam, SubnetEnv env)
    {
        var given = ipam.IsEmpty ? "{}"u8.ToArray() : ipam;
        var routes = new List<string>();
        var hasType = false;
        var reader = new JsonObjectReader(given, "ipam");
        while (reader.Next())
        {
            hasType |= reader.Is("type"u8);
            if (reader.Is("routes"u8))
            {
                foreach (var route in reader.Elements())
                {
                    routes.Add(Encoding.UTF8.GetString(route.Span));
                }
            }
        }

        // Prefixes are digits, dots and colons: no escaping is needed.
        foreach (var network in env.Networks)
        {
            routes.Add($$"""{"dst":"{{network}}"}""");
        }

        var ranges = new List<string>();
        foreach (var subnet in env.Subnets)
        {
            ranges.Add($$"""[{"subnet":"{{subnet}}"}]""");
        }

        var edits = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        if (!hasType)
        {
            edits.Add(new("type", "\"host-local\""u8.ToArray()));
        }

        edits.Add(new("ranges", Encoding.UTF8.GetBytes($"[{string.Join(',', ranges)}]")));
        edits.Add(new("routes", Encoding.UTF8.GetBytes($"[{string.Join(',', routes)}]")));
        return CniJson.Set(given, edits.ToArray());
    }
}
