namespace Podwire.Cni.Tests;

public class CniVersionTests
{
    [Theory]
    [InlineData(null, "0.1.0")]
    [InlineData("", "0.1.0")]
    [InlineData("0.4.0", "0.4.0")]
    [InlineData("1.0", "1.0.0")]
    [InlineData("1", "1.0.0")]
    [InlineData("12.345.6", "12.345.6")]
    public void TryParse_Version_IsRead(string? text, string expected)
    {
        Assert.True(CniVersion.TryParse(text, out var version));
        Assert.Equal(expected, version.ToString());
    }

    [Theory]
    [InlineData("1.0.0.0")]
    [InlineData("1..0")]
    [InlineData("1.0.")]
    [InlineData("v1.0.0")]
    [InlineData("-1.0.0")]
    [InlineData("1.0.0-rc1")]
    [InlineData("99999999999.0.0")]
    public void TryParse_Malformed_IsRefused(string text) => Assert.False(CniVersion.TryParse(text, out _));

    [Fact]
    public void Order_IsNumeric()
    {
        Assert.True(CniVersion.V0_3_1 < CniVersion.V0_4_0);
        Assert.True(new CniVersion(0, 10, 0) > CniVersion.V0_4_0);
        Assert.Equal(CniVersion.Supported.Order(), CniVersion.Supported);
        Assert.Equal(CniVersion.Latest, CniVersion.Supported[^1]);
    }
}
