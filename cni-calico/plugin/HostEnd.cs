using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniCalico.Plugin;

/// <summary>
/// The host's end of a pod's pair: <c>cali</c> and eleven digits that follow from the pod's name, with one MAC address for all of them, so that
/// the pod's next hops are the same on every node. The alias tells the container in full.
/// </summary>
internal sealed record HostEnd(string Name, string Alias)
{
    private const string Prefix = "cali";

    /// <summary>The address of every host end.</summary>
    public static MacAddress Mac { get; } = MacAddress.FromBytes([0xee, 0xee, 0xee, 0xee, 0xee, 0xee]);

    /// <summary>The pods' IPv4 next hop.</summary>
    public static IpAddress GatewayV4 { get; } = IpAddress.Parse("169.254.1.1");

    /// <summary>The pods' IPv6 next hop: the link-local address that follows from <see cref="Mac"/>.</summary>
    public static IpAddress GatewayV6 { get; } = IpAddress.Parse("fe80::ecee:eeff:feee:eeee");

    /// <summary>The end of a call's pod; of a container that is no pod, by its id.</summary>
    public static HostEnd Of(PluginCall call)
    {
        var of = call.Args["K8S_POD_NAME"] is { } pod ? $"{call.Args["K8S_POD_NAMESPACE"] ?? "default"}.{pod}" : $"{call.Config.Name}.{call.ContainerId}";
        return new HostEnd(NameOf(of), AliasOf(call.Config.Name, call.ContainerId, call.IfName));
    }

    /// <summary>The name for NAMESPACE.POD.</summary>
    public static string NameOf(string of) => Prefix + Sha1.Hex(of)[..11];

    /// <summary>Whose a link is.</summary>
    public static string AliasOf(string network, string container, string ifName) => $"{network}/{container}/{ifName}";

    /// <summary>True if a link is one of a network's.</summary>
    public static bool BelongsTo(string network, Link link) =>
        link.Kind == "veth" && link.Name.StartsWith(Prefix, StringComparison.Ordinal) && link.Alias is { } alias && alias.StartsWith(network + "/", StringComparison.Ordinal);

    /// <summary>What has to be so before the link is up: a pod must not take part with half of it.</summary>
    public void SetSwitches(bool v4, bool v6)
    {
        if (v4)
        {
            // Asked for any address the node answers for itself; at once, not after the 0.8 s that proxies usually wait.
            Sysctl.TryEnsure($"net/ipv4/neigh/{Name}/proxy_delay", "0");
            Sysctl.TryEnsure($"net/ipv4/conf/{Name}/proxy_arp", "1");
            Sysctl.TryEnsure($"net/ipv4/conf/{Name}/forwarding", "1");
            Sysctl.TryEnsure($"net/ipv4/conf/{Name}/route_localnet", "1");
            Sysctl.TryEnsure("net/ipv4/ip_forward", "1");
        }

        Sysctl.TryEnsure($"net/ipv6/conf/{Name}/disable_ipv6", v6 ? "0" : "1");
        if (v6)
        {
            Sysctl.TryEnsure($"net/ipv6/conf/{Name}/accept_ra", "0");
            Sysctl.TryEnsure($"net/ipv6/conf/{Name}/accept_dad", "0");
            Sysctl.TryEnsure($"net/ipv6/conf/{Name}/proxy_ndp", "1");
            Sysctl.TryEnsure($"net/ipv6/conf/{Name}/forwarding", "1");
            Sysctl.TryEnsure("net/ipv6/conf/all/forwarding", "1");
        }
    }

    /// <summary>Removes it; false if there is none, or it is another container's of the same pod already.</summary>
    public bool Remove(RouteSocket host)
    {
        if (host.GetLink(Name) is not { } link)
        {
            return false;
        }

        // One without an alias is of an ADD that was killed, or of Calico's own plugin.
        return (string.IsNullOrEmpty(link.Alias) || link.Alias == Alias) && host.DeleteLinkDetached(link);
    }
}
