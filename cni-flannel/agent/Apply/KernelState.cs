using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.State;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>What the kernel holds of what is ours to keep.</summary>
internal sealed record KernelState
{
    /// <summary>The wanted devices that are there and of the right kind, by name.</summary>
    public required IReadOnlyDictionary<string, DeviceState> Devices { get; init; }

    /// <summary>flannel devices that no family wants: of another VNI, or of a back end that is no longer used.</summary>
    public required IReadOnlyList<Link> StaleDevices { get; init; }

    /// <summary>
    /// Routes that are ours: into a pod network by way of a gateway, in the main table, made by no routing daemon, over a flannel device or
    /// the underlay; and whatever else leads over a flannel device, except the kernel's own.
    /// </summary>
    public required IReadOnlyList<RouteEntry> Routes { get; init; }

    /// <summary>Reads it.</summary>
    public static KernelState Read(RouteSocket route, FlannelSnapshot snapshot, OverlayState desired)
    {
        var devices = new Dictionary<string, DeviceState>(StringComparer.Ordinal);
        var stale = new List<Link>();
        foreach (var link in route.ListLinks())
        {
            if (!IsFlannels(link))
            {
                continue;
            }

            var wanted = desired.Devices.FirstOrDefault(device => device.Name == link.Name);
            if (wanted is null || wanted.Kind != link.Kind)
            {
                stale.Add(link);
                continue;
            }

            var isVxlan = wanted is VxlanDevice;
            devices.Add(link.Name, new DeviceState(
                link,
                route.ListAddresses(link.Index, wanted.Family).FindAll(static address => !address.Prefix.Address.IsLinkLocal),
                isVxlan ? route.ListNeighbours(wanted.Family, link.Index).FindAll(static neighbour => (neighbour.State & NeighbourState.Permanent) != 0) : [],
                isVxlan ? route.ListFdb(link.Index).FindAll(static entry => (entry.State & NeighbourState.Permanent) != 0 && entry.Remote is not null) : [])
            {
                NextHops = isVxlan && wanted.Family == IpFamily.V4 ? route.ListNextHops(link.Index)?.FindAll(NextHopUse.IsOurs) ?? [] : [],
            });
        }

        var indexes = new HashSet<int>();
        foreach (var device in devices.Values)
        {
            indexes.Add(device.Link.Index);
        }

        var routes = new List<RouteEntry>();
        foreach (var family in snapshot.NetConf.Families)
        {
            var network = snapshot.NetConf.Network(family);
            routes.AddRange(route.ListRoutes(family).Where(entry => IsOurs(entry, network, snapshot.Underlay.Index, indexes)));
        }

        return new KernelState { Devices = devices, StaleDevices = stale, Routes = routes };
    }

    /// <summary>True for a device that one of flannel's back ends makes.</summary>
    private static bool IsFlannels(Link link) => link.Kind switch
    {
        "vxlan" => IsFlannelName(link.Name),
        "ipip" => link.Name == IpipDevice.DeviceName,
        "tun" => link.Name == TunDevice.DeviceName,
        _ => false,
    };

    /// <summary>True for flannel.N and flannel-v6.N.</summary>
    internal static bool IsFlannelName(string name)
    {
        var number = name.StartsWith("flannel.", StringComparison.Ordinal) ? name.AsSpan(8)
            : name.StartsWith("flannel-v6.", StringComparison.Ordinal) ? name.AsSpan(11)
            : default;
        return !number.IsEmpty && !number.ContainsAnyExceptInRange('0', '9');
    }

    private static bool IsOurs(RouteEntry entry, IpPrefix network, int underlay, HashSet<int> devices) =>
        entry.Type == RouteType.Unicast
        && entry.Protocol is not (RouteProtocol.Kernel or RouteProtocol.RouterAdvertisement)
        && (devices.Contains(entry.InterfaceIndex)
            ? !entry.Destination.Address.IsLinkLocal && !entry.Destination.Address.IsMulticast
            : entry.InterfaceIndex == underlay && entry.Gateway is not null && entry.Protocol == RouteProtocol.Boot
                && network.Contains(entry.Destination) && entry.Destination != network);
}
