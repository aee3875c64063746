using Podwire.Netlink.Interop;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Netlink.Tests;

/// <summary>What we send is what iproute2 sends for the same object.</summary>
public class EncodeTests
{
    private static readonly string[] LinkNests = ["/18", "/18/2", "/18/5"];

    [Fact]
    public void Bridge_IsAsCaptured() => Same("bridge.request", IfInfoMsg.Length, LinkNests, (ref NetlinkWriter w) =>
        new BridgeSpec("br0") { Attributes = new BridgeAttributes { ForwardDelay = 400, MulticastSnooping = false } }.Encode(ref w), mayDiffer: KindWithZero);

    [Fact]
    public void Vxlan_IsAsCaptured() => Same("vxlan.request", IfInfoMsg.Length, LinkNests, (ref NetlinkWriter w) =>
        new VxlanSpec("flannel.1", new VxlanAttributes { Vni = 1, Local = IpAddress.Parse("10.89.0.11"), ParentIndex = 3, Port = 8472, Learning = false })
        {
            Mac = MacAddress.Parse("ee:00:00:00:00:01"),
            Mtu = 1450,
        }.Encode(ref w), mayDiffer: KindWithZero);

    [Fact]
    public void Route_IsAsCaptured() => Same("route.request", RtMsg.Length, [], (ref NetlinkWriter w) =>
        new RouteEntry(IpPrefix.Parse("10.244.1.0/24")) { Gateway = IpAddress.Parse("10.244.1.0"), InterfaceIndex = Index("route.request", RtMsg.Length, RtNetlink.RTA_OIF), OnLink = true }
            .Encode(ref w, RtNetlink.RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Exclusive));

    [Fact]
    public void RouteWithMetrics_IsAsCaptured() => Same("route-metrics.request", RtMsg.Length, ["/8"], (ref NetlinkWriter w) =>
        new RouteEntry(IpPrefix.Parse("10.3.0.0/16")) { Gateway = IpAddress.Parse("10.89.0.9"), InterfaceIndex = 3, Mtu = 1400, AdvertisedMss = 1360, Table = 1000 }
            .Encode(ref w, RtNetlink.RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Exclusive));

    [Fact]
    public void Neighbour_IsAsCaptured() => Same("neighbour.request", NdMsg.Length, [], (ref NetlinkWriter w) =>
        new NeighbourEntry(7, IpAddress.Parse("10.244.1.0"), MacAddress.Parse("ee:00:00:00:00:02")).Encode(ref w, RtNetlink.RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace), mayDiffer: AnyInterface);

    [Fact]
    public void Fdb_IsAsCaptured() => Same("fdb.request", NdMsg.Length, [], (ref NetlinkWriter w) =>
        new FdbEntry(7, MacAddress.Parse("ee:00:00:00:00:02")) { Remote = IpAddress.Parse("10.89.0.12"), State = NeighbourState.Permanent | NeighbourState.NoArp }
            .Encode(ref w, RtNetlink.RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace), mayDiffer: AnyInterface);

    [Fact]
    public void Address_IsAsCaptured() => Same("address.request", IfAddrMsg.Length, [], (ref NetlinkWriter w) =>
        new AddressEntry(7, IpPrefix.Parse("10.244.0.0/32")).Encode(ref w, RtNetlink.RTM_NEWADDR, NetlinkFlags.Create | NetlinkFlags.Exclusive), mayDiffer: AnyInterface);

    [Fact]
    public void Rule_IsAsCaptured() => Same("rule.request", FibRuleHdr.Length, [], (ref NetlinkWriter w) =>
        new RuleEntry(IpFamily.V4, 100, 1000) { Source = IpPrefix.Parse("10.244.0.0/16"), Mark = 0x4000, MarkMask = 0x4000 }.Encode(ref w, RtNetlink.RTM_NEWRULE, NetlinkFlags.Create | NetlinkFlags.Exclusive));

    [Fact]
    public void Macvlan_IsAsCaptured() => Same("macvlan.request", IfInfoMsg.Length, [.. LinkNests, "/18/2"], (ref NetlinkWriter w) =>
        new MacvlanSpec("mv0", Index("macvlan.request", IfInfoMsg.Length, IfLink.IFLA_LINK))
        {
            Mode = MacvlanMode.Private,
            BroadcastQueueLength = 2000,
            Mtu = 1400,
            Mac = MacAddress.Parse("0a:00:00:00:00:05"),
        }.Encode(ref w), mayDiffer: KindWithZero);

    [Fact]
    public void IngressQdisc_IsAsCaptured() => Same("ingress.request", TcMsg.Length, [], (ref NetlinkWriter w) =>
        QdiscEntry.Ingress(3).Encode(ref w, TrafficControl.RTM_NEWQDISC, NetlinkFlags.Create | NetlinkFlags.Exclusive));

    [Fact]
    public void Redirect_IsAsCaptured() => Same("redirect.request", TcMsg.Length, ["/2", "/2/7", "/2/7/1", "/2/7/1/2"], (ref NetlinkWriter w) =>
        new RedirectFilter(3, 4).Encode(ref w, TrafficControl.RTM_NEWTFILTER, NetlinkFlags.Create | NetlinkFlags.Exclusive));

    [Fact]
    public void PortVlan_IsAsCaptured() => Same("vlan.request", IfInfoMsg.Length, ["/26"], (ref NetlinkWriter w) =>
        new BridgeVlan(100, 100) { Pvid = true, Untagged = true }.Encode(ref w, BridgeVlanInfo.RTM_SETLINK, 2));

    [Fact]
    public void PortVlanRange_HasTheSameBytesAsCaptured()
    {
        // The two ends of a range are two attributes of one type.
        var writer = new NetlinkWriter(stackalloc byte[64]);
        new BridgeVlan(200, 210).Encode(ref writer, BridgeVlanInfo.RTM_SETLINK, 2);
        var captured = Capture.Load("vlan-range.request");
        Assert.Equal(Convert.ToHexString(captured.AsSpan(NetlinkMessage.HeaderLength + IfInfoMsg.Length + 4)), Convert.ToHexString(writer.Written[(NetlinkMessage.HeaderLength + IfInfoMsg.Length + 4)..]));
        writer.Dispose();
    }

    [Fact]
    public void TokenBucket_HasTheseBytes()
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        QdiscEntry.TokenBucket(5, TokenBucket.Of(1_250_000, 200_000, TimeSpan.FromMilliseconds(25)))
            .Encode(ref writer, TrafficControl.RTM_NEWQDISC, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        Assert.Equal(
            "58000000" + "2400" + "0106" + "0000000000000000"
            + "00000000" + "05000000" + "00000100" + "FFFFFFFF" + "00000000"
            + "08000100" + "74626600"
            + "2C000280" + "28000100"
            + "0001000000000000" + "D0121300"
            + "000000000000000000000000"
            + "52870300" + "A0252600" + "00000000",
            Convert.ToHexString(writer.Written));
        writer.Dispose();
    }

    [Fact]
    public void TokenBucket_FasterThan32Bits_CarriesTheRateIn64()
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        QdiscEntry.TokenBucket(5, TokenBucket.Of(5_000_000_000, 200_000, TimeSpan.FromMilliseconds(25)))
            .Encode(ref writer, TrafficControl.RTM_NEWQDISC, NetlinkFlags.None);
        var text = MessageText.Of(writer.Written, TcMsg.Length, "/2");
        Assert.Contains("/2/1 0001000000000000FFFFFFFF", text, StringComparison.Ordinal);
        Assert.Contains("/2/4 00F2052A01000000", text, StringComparison.Ordinal);
        writer.Dispose();
    }

    [Fact]
    public void Veth_PeerInOtherNamespace_HasTheseBytes()
    {
        var writer = new NetlinkWriter(stackalloc byte[16]);
        new VethSpec("v0", "eth0") { Up = true, MasterIndex = 5, Mtu = 1450, PeerMac = MacAddress.Parse("0a:58:0a:f4:00:02") }.Encode(ref writer);
        Assert.Equal(
            "80000000" + "1000" + "0106" + "0000000000000000"
            + "00000000000000000100000001000000"
            + "07000300" + "76300000"
            + "08000400" + "AA050000"
            + "08000A00" + "05000000"
            + "48001280" + "09000100" + "7665746800000000"
            + "38000280" + "34000100"
            + "00000000000000000000000000000000"
            + "09000300" + "6574683000000000"
            + "08000400" + "AA050000"
            + "0A000100" + "0A580AF400020000",
            Convert.ToHexString(writer.Written));
        writer.Dispose();
    }

    // iproute2 leaves out the zero byte behind the kind; the kernel takes either.
    private static string KindWithZero(string text) => string.Join('\n', text.Split('\n').Select(line =>
        line.StartsWith("/18/1 ", StringComparison.Ordinal) && !line.EndsWith("00", StringComparison.Ordinal) ? line + "00" : line));

    private static string AnyInterface(string text)
    {
        // The index is what the recording machine gave.
        var lines = text.Split('\n');
        lines[1] = lines[1][..8] + "<index>" + lines[1][16..];
        return string.Join('\n', lines);
    }

    private static int Index(string capture, int headerLength, int attribute)
    {
        var reader = new NetlinkMessageReader(Capture.Load(capture));
        Assert.True(reader.Read(out var message));
        var attributes = message.Attributes(headerLength);
        while (attributes.Read())
        {
            if (attributes.Type == attribute)
            {
                return attributes.Int32();
            }
        }

        throw new InvalidDataException($"{capture} has no attribute {attribute}");
    }

    private static void Same(string capture, int headerLength, string[] nests, Encoder encode, Func<string, string>? mayDiffer = null)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        try
        {
            encode(ref writer);
            var ours = MessageText.Of(writer.Written, headerLength, nests);
            var theirs = MessageText.Of(Capture.Load(capture), headerLength, nests);
            Assert.Equal(mayDiffer?.Invoke(theirs) ?? theirs, mayDiffer?.Invoke(ours) ?? ours);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private delegate void Encoder(ref NetlinkWriter writer);
}
