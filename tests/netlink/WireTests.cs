using Podwire.Primitives;

namespace Podwire.Netlink.Tests;

public class WireTests
{
    private delegate void Write(ref NetlinkWriter writer);

    [Fact]
    public void Writer_EachValue_HasTheseBytes()
    {
        Check("0500010007000000", (ref NetlinkWriter w) => w.Byte(1, 7));
        Check("0600020034120000", (ref NetlinkWriter w) => w.UInt16(2, 0x1234));
        Check("0600020012340000", (ref NetlinkWriter w) => w.UInt16BigEndian(2, 0x1234));
        Check("0800030078563412", (ref NetlinkWriter w) => w.UInt32(3, 0x12345678));
        Check("08000300FEFFFFFF", (ref NetlinkWriter w) => w.Int32(3, -2));
        Check("0800030012345678", (ref NetlinkWriter w) => w.UInt32BigEndian(3, 0x12345678));
        Check("0C0004000807060504030201", (ref NetlinkWriter w) => w.UInt64(4, 0x0102030405060708));
        Check("0C0004000102030405060708", (ref NetlinkWriter w) => w.UInt64BigEndian(4, 0x0102030405060708));
        Check("04000500", (ref NetlinkWriter w) => w.Flag(5));
        Check("0800060065746800", (ref NetlinkWriter w) => w.String(6, "eth"));
        Check("090006006574683000000000", (ref NetlinkWriter w) => w.String(6, "eth0"));
        Check("08000700C0000201", (ref NetlinkWriter w) => w.Address(7, IpAddress.Parse("192.0.2.1")));
        Check("14000700FD000000000000000000000000000001", (ref NetlinkWriter w) => w.Address(7, IpAddress.Parse("fd00::1")));
        Check("0A0008000A580AF400020000", (ref NetlinkWriter w) => w.Mac(8, MacAddress.Parse("0a:58:0a:f4:00:02")));
        Check("0700090001020300", (ref NetlinkWriter w) => w.Bytes(9, [1, 2, 3]));
        Check("10001280" + "05000100FF000000" + "04000280", (ref NetlinkWriter w) =>
        {
            var outer = w.BeginNested(0x12);
            w.Byte(1, 255);
            w.EndNested(w.BeginNested(2));
            w.EndNested(outer);
        });
    }

    [Fact]
    public void Writer_SecondMessage_FollowsTheFirstAligned()
    {
        var writer = new NetlinkWriter(stackalloc byte[8]);
        writer.BeginMessage(18, NetlinkFlags.Dump);
        writer.Header((byte)17);
        writer.EndMessage();
        writer.BeginMessage(16, NetlinkFlags.Ack);
        writer.EndMessage();
        Assert.Equal("14000000" + "12000103" + "0000000000000000" + "11000000" + "10000000" + "10000500" + "0000000000000000", Convert.ToHexString(writer.Written));
        writer.Dispose();
    }

    [Fact]
    public void Writer_GrownInsideNests_KeepsWhatItWrote()
    {
        var writer = new NetlinkWriter(stackalloc byte[8]);
        var nest = writer.BeginNested(1);
        for (var i = 0; i < 5000; i++)
        {
            writer.UInt32(2, (uint)i);
        }

        writer.EndNested(nest);
        var reader = new AttributeReader(writer.Written);
        Assert.True(reader.Read());
        Assert.True(reader.IsNested);
        var inner = reader.Nested();
        var count = 0u;
        while (inner.Read())
        {
            Assert.Equal(count++, inner.UInt32());
        }

        Assert.Equal(5000u, count);
        Assert.False(reader.Read());
        writer.Dispose();
    }

    [Fact]
    public void Writer_AttributeBeyond64K_IsRefused()
    {
        Assert.Throws<InvalidOperationException>(() =>
        {
            var writer = new NetlinkWriter([]);
            writer.Bytes(1, new byte[ushort.MaxValue - 3]);
        });
        Assert.Throws<InvalidOperationException>(() =>
        {
            var writer = new NetlinkWriter([]);
            var nest = writer.BeginNested(1);
            writer.Bytes(1, new byte[40000]);
            writer.Bytes(1, new byte[40000]);
            writer.EndNested(nest);
        });
    }

    [Fact]
    public void Writer_MessagesOutOfStep_AreRefused()
    {
        Assert.Throws<InvalidOperationException>(() =>
        {
            var writer = new NetlinkWriter([]);
            writer.BeginMessage(16, NetlinkFlags.None);
            writer.BeginMessage(16, NetlinkFlags.None);
        });
        Assert.Throws<InvalidOperationException>(() =>
        {
            var writer = new NetlinkWriter([]);
            writer.EndMessage();
        });
    }

    [Theory]
    [InlineData("0300010007000000", 0)]
    [InlineData("0900010007000000", 0)]
    [InlineData("05000100070000000F000100", 8)]
    public void Reader_LengthOutOfBounds_GivesTheOffset(string hex, int offset)
    {
        var error = Assert.Throws<NetlinkProtocolException>(() =>
        {
            var reader = new AttributeReader(Convert.FromHexString(hex), 100);
            while (reader.Read())
            {
            }
        });
        Assert.Equal(100 + offset, error.Offset);
    }

    [Fact]
    public void Reader_ValueOfOtherLength_GivesTheOffset()
    {
        var error = Assert.Throws<NetlinkProtocolException>(() =>
        {
            var reader = new AttributeReader(Convert.FromHexString("0600018007000000"), 16);
            Assert.True(reader.Read());
            Assert.Equal(1, reader.Type);
            _ = reader.UInt32();
        });
        Assert.Equal(20, error.Offset);
    }

    [Fact]
    public void Reader_LastAttributeWithoutPadding_IsRead()
    {
        var reader = new AttributeReader(Convert.FromHexString("0500010007"));
        Assert.True(reader.Read());
        Assert.Equal(7, reader.Byte());
        Assert.False(reader.Read());
    }

    private static void Check(string expected, Write write)
    {
        // A buffer full of ones shows padding that is not zeroed.
        Span<byte> dirty = stackalloc byte[64];
        dirty.Fill(0xff);
        var writer = new NetlinkWriter(dirty);
        write(ref writer);
        Assert.Equal(expected, Convert.ToHexString(writer.Written));
        writer.Dispose();
    }
}
