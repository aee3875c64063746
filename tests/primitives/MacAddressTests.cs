using Podwire.Primitives;

namespace Podwire.Primitives.Tests;

public class MacAddressTests
{
    [Fact]
    public void Text_RoundTrips()
    {
        var mac = MacAddress.Parse("0A:58:0a:f4:00:02");
        Assert.Equal("0a:58:0a:f4:00:02", mac.ToString());
        Span<byte> bytes = stackalloc byte[6];
        mac.WriteTo(bytes);
        Assert.Equal(mac, MacAddress.FromBytes(bytes));
        Assert.False(mac.IsGroup);
        Assert.True(MacAddress.Parse("ff-ff-ff-ff-ff-ff").IsGroup);
    }

    [Theory]
    [InlineData("0a:58:0a:f4:00")]
    [InlineData("0a:58:0a:f4:00:0g")]
    [InlineData("0a:58-0a:f4:00:02")]
    [InlineData("0a58.0af4.0002")]
    public void Parse_Malformed_IsRefused(string text) => Assert.False(MacAddress.TryParse(text, out _));

    [Fact]
    public void LocallyAdministered_IsUnicastAndStable()
    {
        var mac = MacAddress.LocallyAdministered(0xFFFF_FFFF_FFFF_FFFF);
        Assert.Equal("0a:ff:ff:ff:ff:ff", mac.ToString());
        Assert.False(mac.IsGroup);
    }
}
