using Podwire.Netlink.Interop;
using Podwire.Netlink.IpSet;
using Podwire.Primitives;
using Podwire.Ruleset.IpSets;

namespace Podwire.Netlink.Tests.IpSet;

/// <summary>What we send is what ipset 7.17 sends for the same object, and what the kernel (6.1) answered it is read.</summary>
public class IpSetBytesTests
{
    private static readonly string[] Nests = ["/7", "/7/1", "/7/20"];

    [Fact]
    public void Create_IsAsCaptured()
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        IpSetMessage.EncodeCreate(ref writer, new("CAP", IpSetType.HashIpPortNet) { MaxElements = 65536 }, 8, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        Same("ipset-create.request", writer.Written, "/7/19");
    }

    [Fact]
    public void CreateV6_IsAsCaptured()
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        IpSetMessage.EncodeCreate(ref writer, new("CAP6", IpSetType.HashIpPort, IpFamily.V6) { MaxElements = 65536 }, 6, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        Same("ipset-create6.request", writer.Written, "/7/19");
    }

    [Fact]
    public void Add_IsAsCaptured()
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        var entry = IpSetEntry.Of(IpAddress.Parse("10.96.0.1"), IpProtocol.Tcp, 443, IpPrefix.Parse("10.1.0.0/16"));
        IpSetMessage.EncodeEntry(ref writer, IpSetNumbers.IPSET_CMD_ADD, new("CAP", IpSetType.HashIpPortNet), entry, NetlinkFlags.Exclusive);
        // ipset numbers its input lines, also the only one.
        Same("ipset-add.request", writer.Written, "/7/9");
    }

    [Fact]
    public void List_OfAKernel_IsRead()
    {
        var text = new List<string>();
        var reader = new NetlinkMessageReader(Capture.Load("ipset-list.reply"));
        while (reader.Read(out var message))
        {
            if (IpSetMessage.DecodePart(message, _ => null) is { } part)
            {
                text.Add($"{part.Spec} {part.Spec!.Family} {part.Spec.MaxElements}: {string.Join(' ', part.Entries)}");
            }
        }

        Assert.Equal(
            ["CAP (hash:ip,port,net) V4 65536: 10.96.0.1,tcp:443,10.1.0.0/16", "CAP6 (hash:ip,port) V6 65536: fd00::1,udp:53", "CAPN (hash:net) V4 65536: 10.0.0.0/8", "CAPB (bitmap:port) V4 0: 30080"],
            text);
    }

    [Fact]
    public void Type_OfAKernel_GivesItsNewestRevision()
    {
        var reader = new NetlinkMessageReader(Capture.Load("ipset-type.reply"));
        Assert.True(reader.Read(out var message));
        Assert.True(IpSetMessage.TryDecodeRevision(message, out var revision));
        Assert.Equal(8, revision);
    }

    /// <summary>The same attributes, but for the protocol version (we speak the oldest) and what ipset adds of its own.</summary>
    private static void Same(string capture, ReadOnlySpan<byte> ours, params string[] mayLack)
    {
        static string Line(string line) => line.StartsWith("/1 ", StringComparison.Ordinal) ? "/1 <protocol>" : line;
        var mine = MessageText.Of(ours, NfGenMessage.Size, Nests).Split('\n').Select(Line).ToList();
        var theirs = MessageText.Of(Capture.Load(capture), NfGenMessage.Size, Nests).Split('\n').Select(Line)
            .Where(line => mine.Contains(line) || !mayLack.Any(path => line.StartsWith(path + " ", StringComparison.Ordinal)));
        // Where ipset leaves a default unsaid, we say it.
        Assert.Equal(theirs, mine.Where(line => !mayLack.Any(path => line.StartsWith(path + " ", StringComparison.Ordinal)) || Text(capture).Contains(line, StringComparison.Ordinal)));
    }

    private static string Text(string capture) => MessageText.Of(Capture.Load(capture), NfGenMessage.Size, Nests);
}
