namespace Podwire.Cni.Tests;

public class CniNamesTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("3f2-A_b.c", true)]
    [InlineData("", false)]
    [InlineData(".a", false)]
    [InlineData("-a", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("é", false)]
    public void IsIdentifier_FollowsTheSpecification(string text, bool expected) => Assert.Equal(expected, CniNames.IsIdentifier(text));

    [Theory]
    [InlineData("eth0", true)]
    [InlineData("a.b-c_d@e", true)]
    [InlineData("123456789012345", true)]
    [InlineData("1234567890123456", false)]
    [InlineData("éééééééé", false)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a:b", false)]
    [InlineData("a b", false)]
    [InlineData("a\tb", false)]
    public void IsInterfaceName_FollowsTheKernel(string text, bool expected) => Assert.Equal(expected, CniNames.IsInterfaceName(text));
}
