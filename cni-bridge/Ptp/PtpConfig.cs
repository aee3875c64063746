using Podwire.Cni;
using Podwire.CniBridge.Bridge;

namespace Podwire.CniBridge.Ptp;

/// <summary>The members of a configuration that are ptp's own, checked.</summary>
/// <param name="IpMasq"><c>ipMasq</c>.</param>
/// <param name="IpMasqIptables"><c>ipMasqBackend: iptables</c>; nftables otherwise.</param>
/// <param name="Mtu"><c>mtu</c> in bytes; null for the kernel's.</param>
internal sealed record PtpConfig(bool IpMasq, bool IpMasqIptables, int? Mtu)
{
    /// <summary>Reads and checks.</summary>
    /// <exception cref="CniException">Code 6: a wrong type; 7: no IPAM, or a value that cannot be.</exception>
    internal static PtpConfig Parse(NetworkConfig config)
    {
        var parsed = new PtpConfig(false, false, null);
        var reader = new JsonObjectReader(config.Json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("ipMasq"u8))
            {
                parsed = parsed with { IpMasq = reader.Boolean() };
            }
            else if (reader.Is("ipMasqBackend"u8))
            {
                parsed = parsed with { IpMasqIptables = Masquerading.ReadBackend(ref reader) };
            }
            else if (reader.Is("mtu"u8))
            {
                parsed = parsed with { Mtu = BridgeConfig.ReadMtu(ref reader) };
            }
        }

        return config.IpamType.Length > 0 ? parsed : throw new CniException(CniErrorCode.InvalidNetworkConfig, "ptp needs addresses: \"ipam\" has no \"type\"");
    }
}
