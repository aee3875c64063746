using Podwire.Primitives;

namespace Podwire.Primitives.Tests;

public class IpPrefixTests
{
    [Theory]
    [InlineData("10.1.2.3/24", "10.1.2.0", "10.1.2.255", "255.255.255.0")]
    [InlineData("10.1.2.3/32", "10.1.2.3", "10.1.2.3", "255.255.255.255")]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "0.0.0.0")]
    [InlineData("fd00:1::5/64", "fd00:1::", "fd00:1::ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::")]
    [InlineData("fd00:1::5/128", "fd00:1::5", "fd00:1::5", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::")]
    public void Bounds_OfPrefix_AreFirstAndLast(string text, string first, string last, string mask)
    {
        var prefix = IpPrefix.Parse(text);
        Assert.Equal(first, prefix.First.ToString());
        Assert.Equal(last, prefix.Last.ToString());
        Assert.Equal(mask, prefix.Netmask.ToString());
        Assert.Equal(text, prefix.ToString());
    }

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/08")]
    [InlineData("fd00::/129")]
    [InlineData("fd00::%eth0/64")]
    public void Parse_Malformed_IsRefused(string text) => Assert.False(IpPrefix.TryParse(text, out _));

    [Fact]
    public void Contains_CrossesNoFamily()
    {
        Assert.True(IpPrefix.Parse("10.0.0.0/8").Contains(IpAddress.Parse("10.255.0.1")));
        Assert.False(IpPrefix.Parse("10.0.0.0/8").Contains(IpAddress.Parse("11.0.0.1")));
        Assert.False(IpPrefix.Parse("::1/128").Contains(IpAddress.Parse("::2")));
        Assert.False(IpPrefix.Parse("::/0").Contains(IpAddress.Parse("10.0.0.1")));
        Assert.True(IpPrefix.Parse("0.0.0.0/0").Contains(IpAddress.Parse("255.1.2.3")));
        Assert.True(IpPrefix.Parse("10.0.0.0/8").Overlaps(IpPrefix.Parse("10.3.0.0/16")));
    }
}
