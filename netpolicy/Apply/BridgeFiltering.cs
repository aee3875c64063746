using Podwire.Netlink.Namespaces;

namespace Podwire.NetPolicy.Apply;

/// <summary>
/// Packets between two pods on one bridge pass the forward hook only with br_netfilter and its sysctls, which belong to the network namespace.
/// They are set, looked at again and again, and without them the enforcer is not ready.
/// </summary>
internal static class BridgeFiltering
{
    private static readonly string[] Settings = ["net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables"];

    /// <summary>Sets what is not set; returns what is wrong all the same, with its remedy, or null.</summary>
    /// <param name="hasBridges">Whether there is a bridge in the namespace.</param>
    public static string? Ensure(Func<bool> hasBridges)
    {
        foreach (var setting in Settings)
        {
            try
            {
                if (!Sysctl.TryEnsure(setting, "1") && hasBridges())
                {
                    return "packets between pods on one bridge do not pass the rules: load the module br_netfilter (modprobe br_netfilter)";
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"{setting.Replace('/', '.')} is not 1 and cannot be set ({e.Message}): packets between pods on one bridge do not pass the rules";
            }
        }

        return null;
    }
}
