using System.Text.Json;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Config;

/// <summary>
/// The network's configuration, net-conf.json of the ConfigMap kube-flannel-cfg. SubnetLen, SubnetMin, SubnetMax and their IPv6
/// equivalents say how flannel hands out subnets from etcd: with Kubernetes the controller manager does that, and they are only checked.
/// Keys match without regard to case, as Go reads them.
/// </summary>
internal sealed record NetConf
{
    private const string Served = "vxlan, host-gw, ipip, udp and alloc";
    private static readonly IpFamily[] OnlyV4 = [IpFamily.V4];
    private static readonly IpFamily[] OnlyV6 = [IpFamily.V6];
    private static readonly IpFamily[] Both = [IpFamily.V4, IpFamily.V6];
    private static readonly JsonElement EmptyObject = JsonDocument.Parse("{}").RootElement.Clone();

    /// <summary>The pod network of IPv4; null if IPv4 is off.</summary>
    public IpPrefix? NetworkV4 { get; init; }

    /// <summary>The pod network of IPv6; null if IPv6 is off.</summary>
    public IpPrefix? NetworkV6 { get; init; }

    /// <summary>EnableNFTables: rules in nftables rather than by iptables; null if the file does not say.</summary>
    public bool? EnableNftables { get; init; }

    /// <summary>How packets get from node to node.</summary>
    public required BackendConf Backend { get; init; }

    /// <summary>The families in use.</summary>
    public IReadOnlyList<IpFamily> Families => (NetworkV4, NetworkV6) switch
    {
        (not null, not null) => Both,
        (not null, null) => OnlyV4,
        (null, not null) => OnlyV6,
        _ => [],
    };

    /// <summary>The pod networks of the families in use.</summary>
    public IReadOnlyList<IpPrefix> Networks
    {
        get
        {
            var networks = new List<IpPrefix>();
            foreach (var family in Families)
            {
                networks.Add(Network(family));
            }

            return networks;
        }
    }

    /// <summary>The pod network of a family in use.</summary>
    public IpPrefix Network(IpFamily family) => (family == IpFamily.V4 ? NetworkV4 : NetworkV6)
        ?? throw new InvalidOperationException($"{family} is not in use");

    /// <summary>Reads it.</summary>
    /// <exception cref="NetConfException">It is not JSON, a value cannot be, or a back end is not served here.</exception>
    public static NetConf Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Disallow });
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new NetConfException($"it is not JSON: {e.Message}");
        }
    }

    private static NetConf Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new NetConfException("it is not a JSON object");
        }

        var enableV4 = Boolean(root, "EnableIPv4") ?? true;
        var enableV6 = Boolean(root, "EnableIPv6") ?? false;
        if (!enableV4 && !enableV6)
        {
            throw new NetConfException("EnableIPv4 and EnableIPv6 are both off");
        }

        var conf = new NetConf
        {
            NetworkV4 = enableV4 ? Prefix(root, "Network", IpFamily.V4) : null,
            NetworkV6 = enableV6 ? Prefix(root, "IPv6Network", IpFamily.V6) : null,
            EnableNftables = Boolean(root, "EnableNFTables"),
            Backend = ReadBackend(Find(root, "Backend")),
        };
        CheckSubnets(root, conf.NetworkV4, "SubnetLen", "SubnetMin", "SubnetMax");
        CheckSubnets(root, conf.NetworkV6, "IPv6SubnetLen", "IPv6SubnetMin", "IPv6SubnetMax");
        return enableV6 && conf.Backend is { Type: BackendType.Ipip or BackendType.Udp }
            ? throw new NetConfException($"the back end {conf.Backend.Name} carries IPv4 alone, as flannel's does: set EnableIPv6 to false or take vxlan or host-gw")
            : conf;
    }

    /// <summary>The keys that only etcd would need: what cannot be is refused all the same.</summary>
    private static void CheckSubnets(JsonElement root, IpPrefix? network, string length, string first, string last)
    {
        var most = (network?.Address.Bits ?? 128) - 2;
        if (Number(root, length, 0, most) is { } bits and not 0 && network is { } whole && bits < whole.Length)
        {
            throw new NetConfException($"{length} {bits} is wider than the network {whole}");
        }

        foreach (var name in (string[])[first, last])
        {
            if (Text(root, name) is { Length: > 0 } text && (!IpAddress.TryParse(text, out var address) || (network is { } within && !within.Contains(address))))
            {
                throw new NetConfException($"{name} '{text}' is not an address{(network is { } named ? $" in {named}" : string.Empty)}");
            }
        }
    }

    private static BackendConf ReadBackend(JsonElement? element)
    {
        // flannel's own default is udp.
        var backend = element ?? EmptyObject;
        if (backend.ValueKind != JsonValueKind.Object)
        {
            throw new NetConfException("Backend is not an object such as {\"Type\": \"vxlan\"}");
        }

        var name = Text(backend, "Type") is { Length: > 0 } given ? given : "udp";
        BackendType? type = name switch
        {
            "vxlan" => BackendType.Vxlan,
            "host-gw" => BackendType.HostGw,
            "ipip" => BackendType.Ipip,
            "udp" => BackendType.Udp,
            "alloc" => BackendType.Alloc,
            _ => null,
        };
        if (type is null)
        {
            throw new NetConfException(name is "ipsec" or "wireguard" or "tencent-vpc" or "alivpc" or "ali-vpc" or "aws-vpc" or "gce" or "extension"
                ? $"the back end {name} is not served; {Served} are"
                : $"there is no back end {name}; {Served} are served");
        }

        var port = Number(backend, "Port", 0, ushort.MaxValue) ?? 0;
        var mtu = Number(backend, "MTU", 0, 65535) ?? 0;
        if (mtu is > 0 and < 1280)
        {
            throw new NetConfException($"Backend.MTU {mtu} is below 1280, the least that IPv6 needs");
        }

        // Windows nodes make their devices' addresses of it; Linux nodes pass it over.
        _ = Text(backend, "MacPrefix");
        return new BackendConf
        {
            Type = type.Value,
            Vni = (uint)(Number(backend, "VNI", 0, 0xFFFFFF) ?? 1),
            Port = port != 0 ? (ushort)port : type == BackendType.Udp ? BackendConf.UdpPort : BackendConf.VxlanPort,
            Gbp = Boolean(backend, "GBP") ?? false,
            Learning = Boolean(backend, "Learning") ?? false,
            DirectRouting = Boolean(backend, "DirectRouting") ?? false,
            Mtu = mtu == 0 ? null : mtu,
        };
    }

    private static JsonElement? Find(JsonElement element, string name)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value.ValueKind == JsonValueKind.Null ? null : property.Value;
            }
        }

        return null;
    }

    private static IpPrefix Prefix(JsonElement element, string name, IpFamily family)
    {
        var text = Text(element, name) ?? throw new NetConfException($"{name} is missing");
        return IpPrefix.TryParse(text, out var prefix) && prefix.Family == family
            ? prefix.Masked
            : throw new NetConfException($"{name} '{text}' is not an IP{family.ToString().ToLowerInvariant()} network such as {(family == IpFamily.V4 ? "10.244.0.0/16" : "fd00:10:244::/48")}");
    }

    private static string? Text(JsonElement element, string name) => Find(element, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw new NetConfException($"{name} is not a string"),
    };

    private static bool? Boolean(JsonElement element, string name) => Find(element, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new NetConfException($"{name} is neither true nor false"),
    };

    private static int? Number(JsonElement element, string name, int least, int most) => Find(element, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number >= least && number <= most => number,
        _ => throw new NetConfException($"{name} is not a whole number from {least} to {most}"),
    };
}
