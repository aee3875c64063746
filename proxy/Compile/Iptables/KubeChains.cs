using System.Security.Cryptography;
using System.Text;
using Podwire.Primitives;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>
/// Names of chains as kube-proxy gives them. The names are the interface: every guide to debugging Services speaks of them.
/// A hash is the first 16 characters of base32(sha256(text)).
/// </summary>
internal static class KubeChains
{
    public const string Services = "KUBE-SERVICES";
    public const string ExternalServices = "KUBE-EXTERNAL-SERVICES";
    public const string NodePorts = "KUBE-NODEPORTS";
    public const string Forward = "KUBE-FORWARD";
    public const string ProxyFirewall = "KUBE-PROXY-FIREWALL";
    public const string Postrouting = "KUBE-POSTROUTING";
    public const string MarkMasquerade = "KUBE-MARK-MASQ";
    public const string Canary = "KUBE-PROXY-CANARY";

    /// <summary>The kubelet makes the same chain with the same rule, and the same jumps.</summary>
    public const string Firewall = "KUBE-FIREWALL";

    /// <summary>A chain of the kubelet's own in the mangle table, made whenever a kubelet runs.</summary>
    public const string KubeletHint = "KUBE-IPTABLES-HINT";

    private static readonly string[] OwnPrefixes = ["KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-FW-", "KUBE-EXT-"];

    /// <summary>The chains of a table that always exist, in the order in which they are written.</summary>
    public static IReadOnlyList<string> Fixed(IptablesTable table) => table switch
    {
        IptablesTable.Filter => [Services, ExternalServices, Forward, NodePorts, ProxyFirewall],
        IptablesTable.Nat => [Services, NodePorts, Postrouting, MarkMasquerade],
        _ => [],
    };

    /// <summary>True for a chain of one Service port or endpoint.</summary>
    public static bool IsOfService(string chain)
    {
        foreach (var prefix in OwnPrefixes)
        {
            if (chain.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True for a chain that only a proxy in this mode makes; KUBE-FIREWALL is not among them.</summary>
    public static bool IsOwn(IptablesTable table, string chain) =>
        chain == Canary || Fixed(table).Contains(chain) || (table == IptablesTable.Nat && IsOfService(chain));

    /// <summary>The hash of a Service port: <c>ns/name:port</c> (no colon without a name) and the protocol.</summary>
    public static string HashOf(string portName, IpProtocol protocol) => Hash(portName + ProtocolNames.Of(protocol));

    /// <summary>The chain of an endpoint of a Service port.</summary>
    public static string Endpoint(string portName, IpProtocol protocol, EndpointAddress endpoint) => "KUBE-SEP-" + Hash($"{portName}{ProtocolNames.Of(protocol)}{endpoint}");

    private static string Hash(string text)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);
        Span<char> name = stackalloc char[16];
        for (var i = 0; i < name.Length; i++)
        {
            // Five bits at a time; 16 characters are the first ten bytes (RFC 4648 section 6).
            var bit = i * 5;
            var pair = (digest[bit / 8] << 8) | digest[(bit / 8) + 1];
            name[i] = Alphabet[(pair >> (11 - (bit % 8))) & 31];
        }

        return new(name);
    }
}
