using Podwire.Cni;
using Podwire.CniBridge.Iptables;

namespace Podwire.CniBridge.Firewall;

/// <summary>The members of a configuration that are firewall's own, checked.</summary>
internal sealed record FirewallConfig
{
    /// <summary>
    /// True for <c>backend: iptables</c>, and where nothing is said and iptables is installed: the rules are to let packets past a DROP
    /// in iptables' FORWARD chain, which an nftables table of its own cannot.
    /// </summary>
    internal bool UsesIptables { get; private init; }

    /// <summary><c>iptablesAdminChainName</c>: a chain that comes before ours and is never changed here.</summary>
    internal string AdminChain { get; private init; } = "CNI-ADMIN";

    /// <summary><c>ingressPolicy</c>.</summary>
    internal IngressPolicy Policy { get; private init; }

    /// <summary>Reads and checks.</summary>
    /// <exception cref="CniException">Code 6: a wrong type; 7: what cannot be; 2: firewalld.</exception>
    internal static FirewallConfig Parse(NetworkConfig network)
    {
        var config = new FirewallConfig();
        string? backend = null;
        var reader = new JsonObjectReader(network.Json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("backend"u8))
            {
                backend = reader.String();
            }
            else if (reader.Is("iptablesAdminChainName"u8))
            {
                config = reader.String() is { Length: > 0 } name ? config with { AdminChain = name } : config;
            }
            else if (reader.Is("ingressPolicy"u8))
            {
                config = config with { Policy = ParsePolicy(reader.String()) };
            }
        }

        // Letters and the like, at most as long as XT_EXTENSION_MAXNAMELEN allows: it becomes a word of iptables-restore.
        if (config.AdminChain.Length > 28 || !CniNames.IsIdentifier(config.AdminChain))
        {
            throw Invalid($"\"iptablesAdminChainName\" is not a chain's name: {config.AdminChain}");
        }

        return config with
        {
            UsesIptables = backend switch
            {
                null or "" => ExternalProgram.Find("iptables-restore") is not null,
                "iptables" => true,
                "nftables" => false,
                "firewalld" => throw new CniException(CniErrorCode.UnsupportedField, "\"backend\": firewalld is not supported by this plugin; use iptables or nftables"),
                _ => throw Invalid($"\"backend\" is none of iptables, nftables and firewalld: {backend}"),
            },
        };
    }

    private static IngressPolicy ParsePolicy(string? text) => text switch
    {
        null or "" or "open" => IngressPolicy.Open,
        "same-bridge" => IngressPolicy.SameBridge,
        "isolated" => IngressPolicy.Isolated,
        _ => throw Invalid($"\"ingressPolicy\" is none of open, same-bridge and isolated: {text}"),
    };

    private static CniException Invalid(string message) => new(CniErrorCode.InvalidNetworkConfig, message);
}
