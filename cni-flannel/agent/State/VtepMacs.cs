using System.Buffers.Binary;
using System.Security.Cryptography;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Kube.Objects;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>
/// The Ethernet addresses of this node's vxlan devices: those that the other nodes know already (the annotation), else those of the devices that
/// are there, else new ones. A restart or a reboot must not change them, or packets are lost until every node has heard.
/// </summary>
internal sealed class VtepMacs(NetConf netConf, FlannelAnnotations names)
{
    private readonly Dictionary<IpFamily, MacAddress> chosen = [];

    /// <summary>The addresses, chosen at the first call.</summary>
    public IReadOnlyDictionary<IpFamily, MacAddress> Of(Node self, RouteSocket route)
    {
        if (netConf.Backend.Type != BackendType.Vxlan)
        {
            return chosen;
        }

        foreach (var family in netConf.Families)
        {
            if (!chosen.ContainsKey(family))
            {
                var told = self.Metadata.Annotations.GetValueOrDefault(names.BackendType) == netConf.Backend.Name
                    ? VxlanBackendData.TryParse(self.Metadata.Annotations.GetValueOrDefault(names.BackendData(family)))?.VtepMac
                    : null;
                chosen.Add(family, told ?? route.GetLink(OverlayCompiler.DeviceName(family, netConf.Backend.Vni))?.Mac ?? New());
            }
        }

        return chosen;
    }

    private static MacAddress New()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        return MacAddress.LocallyAdministered(BinaryPrimitives.ReadUInt64BigEndian(random));
    }
}
