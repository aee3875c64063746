using Podwire.Cni;
using Podwire.CniBridge.Nftables;
using Podwire.Primitives;

namespace Podwire.CniBridge.Firewall;

/// <summary>What is asked for: an attachment's addresses let through, and its bridge closed off.</summary>
/// <param name="Owner">The remark that names the attachment.</param>
/// <param name="Addresses">Its addresses.</param>
/// <param name="Bridge">The bridge that the policy is about; null where it is open.</param>
/// <param name="Policy">The policy.</param>
internal sealed record FirewallRequest(string Owner, IReadOnlyList<IpAddress> Addresses, string? Bridge, IngressPolicy Policy)
{
    /// <summary>From a call and the result of the plugins before this one.</summary>
    /// <exception cref="CniException">Code 7: a policy without a bridge.</exception>
    internal static FirewallRequest Of(PluginCall call, FirewallConfig config, CniResult previous)
    {
        string? bridge = null;
        if (config.Policy != IngressPolicy.Open)
        {
            // As the reference: bridge lists its bridge first.
            bridge = previous.Interfaces.FirstOrDefault(i => i.Sandbox.Length == 0)?.Name;
            if (bridge is null || !CniNames.IsInterfaceName(bridge) || bridge.Contains('"', StringComparison.Ordinal))
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, "\"ingressPolicy\" needs a bridge: firewall has to come after bridge in the list");
            }
        }

        return new(OwnedTable.Owner(call.Config.Name, call.Attachment), [.. previous.Ips.Select(ip => ip.Address.Address).Distinct()], bridge, config.Policy);
    }
}
