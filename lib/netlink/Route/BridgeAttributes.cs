using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>Settings of a bridge (IFLA_BR_*, linux/if_link.h). In a request null leaves the kernel's value.</summary>
public sealed record BridgeAttributes
{
    internal const string Kind = "bridge";

    /// <summary>Forwarding delay in hundredths of a second; 1500 at first.</summary>
    public uint? ForwardDelay { get; init; }

    /// <summary>How long an unused FDB entry is kept, in hundredths of a second; 30000 at first.</summary>
    public uint? AgeingTime { get; init; }

    /// <summary>Spanning tree: 0 off, 1 in the kernel, 2 in user space.</summary>
    public uint? StpState { get; init; }

    /// <summary>VLAN filtering.</summary>
    public bool? VlanFiltering { get; init; }

    /// <summary>The VLAN of untagged frames; 0 for none.</summary>
    public ushort? DefaultPvid { get; init; }

    /// <summary>IGMP and MLD snooping; on at first.</summary>
    public bool? MulticastSnooping { get; init; }

    /// <summary>Bridged IPv4 packets pass iptables (besides the sysctl bridge-nf-call-iptables).</summary>
    public bool? NfCallIptables { get; init; }

    /// <summary>Bridged IPv6 packets pass ip6tables.</summary>
    public bool? NfCallIp6tables { get; init; }

    internal void Encode(ref NetlinkWriter writer)
    {
        if (ForwardDelay is { } forwardDelay)
        {
            writer.UInt32(IfLink.IFLA_BR_FORWARD_DELAY, forwardDelay);
        }

        if (AgeingTime is { } ageingTime)
        {
            writer.UInt32(IfLink.IFLA_BR_AGEING_TIME, ageingTime);
        }

        if (StpState is { } stpState)
        {
            writer.UInt32(IfLink.IFLA_BR_STP_STATE, stpState);
        }

        // The kernel wants the VLAN of untagged frames before filtering begins, to leave no gap.
        if (DefaultPvid is { } pvid)
        {
            writer.UInt16(IfLink.IFLA_BR_VLAN_DEFAULT_PVID, pvid);
        }

        if (VlanFiltering is { } filtering)
        {
            writer.Byte(IfLink.IFLA_BR_VLAN_FILTERING, filtering ? (byte)1 : (byte)0);
        }

        if (MulticastSnooping is { } snooping)
        {
            writer.Byte(IfLink.IFLA_BR_MCAST_SNOOPING, snooping ? (byte)1 : (byte)0);
        }

        if (NfCallIptables is { } v4)
        {
            writer.Byte(IfLink.IFLA_BR_NF_CALL_IPTABLES, v4 ? (byte)1 : (byte)0);
        }

        if (NfCallIp6tables is { } v6)
        {
            writer.Byte(IfLink.IFLA_BR_NF_CALL_IP6TABLES, v6 ? (byte)1 : (byte)0);
        }
    }

    internal static BridgeAttributes Decode(AttributeReader attributes)
    {
        uint? forwardDelay = null, ageingTime = null, stpState = null;
        ushort? pvid = null;
        bool? filtering = null, snooping = null, v4 = null, v6 = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IfLink.IFLA_BR_FORWARD_DELAY:
                    forwardDelay = attributes.UInt32();
                    break;
                case IfLink.IFLA_BR_AGEING_TIME:
                    ageingTime = attributes.UInt32();
                    break;
                case IfLink.IFLA_BR_STP_STATE:
                    stpState = attributes.UInt32();
                    break;
                case IfLink.IFLA_BR_VLAN_FILTERING:
                    filtering = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BR_VLAN_DEFAULT_PVID:
                    pvid = attributes.UInt16();
                    break;
                case IfLink.IFLA_BR_MCAST_SNOOPING:
                    snooping = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BR_NF_CALL_IPTABLES:
                    v4 = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BR_NF_CALL_IP6TABLES:
                    v6 = attributes.Byte() != 0;
                    break;
            }
        }

        return new BridgeAttributes
        {
            ForwardDelay = forwardDelay,
            AgeingTime = ageingTime,
            StpState = stpState,
            VlanFiltering = filtering,
            DefaultPvid = pvid,
            MulticastSnooping = snooping,
            NfCallIptables = v4,
            NfCallIp6tables = v6,
        };
    }
}
