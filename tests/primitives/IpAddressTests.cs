using System.Net;
using Podwire.Primitives;

namespace Podwire.Primitives.Tests;

public class IpAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fd00::1:2")]
    [InlineData("2001:db8::ff00:42:8329")]
    public void Text_RoundTrips(string text)
    {
        var address = IpAddress.Parse(text);
        Assert.Equal(text, address.ToString());
        Assert.Equal(address, IpAddress.FromBytes(address.ToBytes()));
        Assert.Equal(IPAddress.Parse(text), address.ToIPAddress());
        Assert.Equal(address, IpAddress.FromIPAddress(address.ToIPAddress()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("01.2.3.4")]
    [InlineData("1..3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData(":::")]
    public void Parse_Malformed_IsRefused(string text) => Assert.False(IpAddress.TryParse(text, out _));

    [Fact]
    public void Add_MovesAndWraps()
    {
        Assert.Equal("10.0.1.0", IpAddress.Parse("10.0.0.255").Add(1).ToString());
        Assert.Equal("10.0.0.255", IpAddress.Parse("10.0.1.0").Add(-1).ToString());
        Assert.Equal("0.0.0.0", IpAddress.Parse("255.255.255.255").Add(1).ToString());
        Assert.Equal("fd00::1:0", IpAddress.Parse("fd00::ffff").Add(1).ToString());
    }

    [Fact]
    public void Order_IsFamilyThenNumber()
    {
        Assert.True(IpAddress.Parse("9.0.0.0") < IpAddress.Parse("10.0.0.0"));
        Assert.True(IpAddress.Parse("255.0.0.0") < IpAddress.Parse("::"));
    }

    [Fact]
    public void Kinds_AreRecognised()
    {
        Assert.True(IpAddress.Parse("127.9.9.9").IsLoopback);
        Assert.True(IpAddress.Parse("::1").IsLoopback);
        Assert.True(IpAddress.Parse("169.254.1.1").IsLinkLocal);
        Assert.True(IpAddress.Parse("fe80::1").IsLinkLocal);
        Assert.False(IpAddress.Parse("fec0::1").IsLinkLocal);
        Assert.True(IpAddress.Parse("224.0.0.1").IsMulticast);
        Assert.True(IpAddress.Parse("ff02::1").IsMulticast);
    }
}
