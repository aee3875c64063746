using Podwire.Netlink.Generic;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Ipvs;
using Podwire.Primitives;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Netlink.Tests.Ipvs;

/// <summary>What we send is what ipvsadm 1.31 sends for the same object, and what the kernel (6.1) answered it is read.</summary>
public class IpvsBytesTests
{
    private const ushort Family = 0x1c;
    private static readonly IpvsServiceKey Key = new(IpProtocol.Tcp, IpAddress.Parse("10.96.0.9"), 443);
    private static readonly string[] Nests = ["/1", "/2"];

    [Fact]
    public void Service_IsAsCaptured()
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        IpvsServiceMessage.Encode(ref writer, Family, IpVs.IPVS_CMD_NEW_SERVICE, new() { Key = Key, Scheduler = "wrr", Flags = IpvsServiceFlags.Persistent, PersistenceSeconds = 10800 });
        Assert.Equal(Text("ipvs-service.request"), MessageText.Of(writer.Written, GenericHeader.Size, Nests));
    }

    [Fact]
    public void Destination_IsAsCaptured()
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        IpvsDestinationMessage.Encode(ref writer, Family, IpVs.IPVS_CMD_NEW_DEST, Key, new(IpAddress.Parse("10.244.0.2"), 8443));
        // ipvsadm repeats everything about the service and adds a tunnel's type, port and flags; the kernel looks at the service's key, and at no tunnel.
        var theirs = Text("ipvs-destination.request").Split('\n').Where(line => !Extra.Any(prefix => line.StartsWith(prefix, StringComparison.Ordinal)));
        Assert.Equal(string.Join('\n', theirs), MessageText.Of(writer.Written, GenericHeader.Size, Nests));
    }

    [Fact]
    public void Timeouts_AreAsCaptured()
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        new IpvsTimeouts(600, 60, 30).Encode(ref writer, Family);
        Assert.Equal(Text("ipvs-timeouts.request"), MessageText.Of(writer.Written, GenericHeader.Size, Nests));
    }

    [Fact]
    public void Services_OfAKernel_AreRead()
    {
        var services = Read<IpvsService>("ipvs-services.reply", IpvsServiceMessage.TryDecode);
        Assert.Equal(
            """
            -A -t 10.96.0.1:443 -s rr -p 10800
            -A -t 10.96.0.9:443 -s wrr -p 10800
            -A -u [fd96::1]:53 -s mh -b mh-port

            """,
            IpvsText.Write(services));
    }

    [Fact]
    public void Destinations_OfAKernel_AreRead()
    {
        var destinations = Read("ipvs-destinations.reply", (in NetlinkMessage message, out IpvsDestinationStatus status) => IpvsDestinationMessage.TryDecode(message, IpFamily.V4, out status));
        Assert.Equal(
            [new(IpAddress.Parse("10.244.0.2"), 8443), new(IpAddress.Parse("10.244.0.3"), 8443, 0)],
            destinations.Select(status => status.Destination).Order());
        Assert.All(destinations, status => Assert.True(status.IsTranslated && !status.HasConnections));
    }

    [Fact]
    public void Info_OfAKernel_IsRead()
    {
        var info = Assert.Single(Read<IpvsInfo>("ipvs-info.reply", IpvsInfo.TryDecode));
        Assert.Equal("1.2.1", info.Version);
        Assert.Equal(4096u, info.ConnectionTableSize);
    }

    [Fact]
    public void Family_OfAKernel_IsRead()
    {
        var family = Assert.Single(Read<GenericFamily>("genl-family.reply", GenericFamily.TryDecode));
        Assert.Equal(("IPVS", Family, 1u), (family.Name, family.Id, family.Version));
    }

    private static readonly string[] Extra = ["/1/6 ", "/1/7 ", "/1/8 ", "/1/9 ", "/2/13 ", "/2/14 ", "/2/15 "];

    private static string Text(string capture) => MessageText.Of(Capture.Load(capture), GenericHeader.Size, Nests);

    private static List<T> Read<T>(string capture, NetlinkDecoder<T> decode)
    {
        var items = new List<T>();
        var reader = new NetlinkMessageReader(Capture.Load(capture));
        while (reader.Read(out var message))
        {
            if (message.Type != NetlinkMessage.Done && decode(message, out var item))
            {
                items.Add(item);
            }
        }

        return items;
    }
}
