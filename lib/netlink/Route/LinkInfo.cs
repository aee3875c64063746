using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>IFLA_LINKINFO: a link's kind with the settings of that kind, and its settings as a port of its master.</summary>
internal struct LinkInfo
{
    internal string? Kind;
    internal BridgeAttributes? Bridge;
    internal VxlanAttributes? Vxlan;
    internal IpipAttributes? Ipip;
    internal BridgePort? Port;
    internal MacvlanMode Macvlan;

    internal static LinkInfo Decode(AttributeReader attributes)
    {
        var info = default(LinkInfo);
        var slaveKind = string.Empty;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                // The kernel puts a kind before its data.
                case IfLink.IFLA_INFO_KIND:
                    info.Kind = attributes.String();
                    break;
                case IfLink.IFLA_INFO_DATA when info.Kind == BridgeAttributes.Kind:
                    info.Bridge = BridgeAttributes.Decode(attributes.Nested());
                    break;
                case IfLink.IFLA_INFO_DATA when info.Kind == VxlanAttributes.Kind:
                    info.Vxlan = VxlanAttributes.Decode(attributes.Nested());
                    break;
                case IfLink.IFLA_INFO_DATA when info.Kind == MacvlanSpec.KindName:
                    info.Macvlan = MacvlanSpec.DecodeMode(attributes.Nested());
                    break;
                case IfLink.IFLA_INFO_DATA when info.Kind == IpipAttributes.Kind:
                    info.Ipip = IpipAttributes.Decode(attributes.Nested());
                    break;
                case IfLink.IFLA_INFO_SLAVE_KIND:
                    slaveKind = attributes.String();
                    break;
                case IfLink.IFLA_INFO_SLAVE_DATA when slaveKind == BridgeAttributes.Kind:
                    info.Port = BridgePort.Decode(attributes.Nested());
                    break;
            }
        }

        return info;
    }
}
