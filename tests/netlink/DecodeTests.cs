using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Netlink.Tests;

/// <summary>What the kernel was recorded to say, decoded.</summary>
public class DecodeTests
{
    [Fact]
    public void Links_AsCaptured()
    {
        var links = All<Link>("links.reply", Link.TryDecode);
        var vxlan = links.Single(l => l.Name == "flannel.1");
        Assert.Equal("vxlan", vxlan.Kind);
        Assert.Equal(MacAddress.Parse("ee:00:00:00:00:01"), vxlan.Mac);
        Assert.Equal(1450, vxlan.Mtu);
        Assert.True(vxlan.IsUp);
        Assert.Equal(1u, vxlan.Vxlan!.Vni);
        Assert.Equal((ushort)8472, vxlan.Vxlan.Port);
        Assert.Equal(IpAddress.Parse("10.89.0.11"), vxlan.Vxlan.Local);
        Assert.Equal(links.Single(l => l.Name == "u0").Index, vxlan.Vxlan.ParentIndex);
        Assert.False(vxlan.Vxlan.Learning);
        Assert.False(vxlan.Vxlan.Gbp);
        Assert.False(vxlan.Vxlan.External);

        var bridge = links.Single(l => l.Name == "br0");
        Assert.Equal(400u, bridge.Bridge!.ForwardDelay);
        Assert.False(bridge.Bridge.MulticastSnooping);
        var port = links.Single(l => l.Name == "u1");
        Assert.Equal(bridge.Index, port.MasterIndex);
        Assert.True(port.Port!.Hairpin);
        Assert.True(port.Port.Isolated);
        Assert.True(port.Port.Learning);
        Assert.Null(port.ParentNamespaceId);
    }

    [Fact]
    public void Routes_AsCaptured()
    {
        var routes = All<RouteEntry>("routes.reply", RouteEntry.TryDecode);
        var overlay = routes.Single(r => r.Destination == IpPrefix.Parse("10.244.1.0/24"));
        Assert.Equal(IpAddress.Parse("10.244.1.0"), overlay.Gateway);
        Assert.True(overlay.OnLink);
        Assert.Equal(RouteProtocol.Boot, overlay.Protocol);
        var metrics = routes.Single(r => r.Destination == IpPrefix.Parse("10.3.0.0/16"));
        Assert.Equal(1000u, metrics.Table);
        Assert.Equal(1400u, metrics.Mtu);
        Assert.Equal(1360u, metrics.AdvertisedMss);
        Assert.Contains(routes, r => r.Type == RouteType.Local && r.Table == RouteEntry.LocalTable && r.Destination == IpPrefix.Parse("10.89.0.11/32"));
    }

    [Fact]
    public void Neighbours_AsCaptured()
    {
        var permanent = All<NeighbourEntry>("neighbours.reply", NeighbourEntry.TryDecode).Single(n => n.State == NeighbourState.Permanent);
        Assert.Equal(IpAddress.Parse("10.244.1.0"), permanent.Address);
        Assert.Equal(MacAddress.Parse("ee:00:00:00:00:02"), permanent.Mac);
    }

    [Fact]
    public void Refusal_AsCaptured_CarriesTextAndAttribute()
    {
        var request = Capture.Load("refused.request");
        var reader = new NetlinkMessageReader(Capture.Load("refused.reply"));
        Assert.True(reader.Read(out var message));
        var ack = NetlinkAck.Read(message);
        Assert.Equal(Errno.ENETUNREACH, ack.Errno);
        Assert.Equal("Nexthop has invalid gateway", ack.KernelText);
        var exception = ack.ToException("add route", request);
        Assert.Equal("add route: ENETUNREACH (Network is unreachable): Nexthop has invalid gateway", exception.Message);
        Assert.Equal(ack.Sequence, exception.Sequence);
    }

    private static List<T> All<T>(string capture, NetlinkDecoder<T> decode)
    {
        var items = new List<T>();
        var reader = new NetlinkMessageReader(Capture.Load(capture));
        while (reader.Read(out var message))
        {
            if (decode(message, out var item))
            {
                items.Add(item);
            }
        }

        return items;
    }
}
