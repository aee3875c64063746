namespace Podwire.Cni.Tests;

public class CniArgsTests
{
    [Fact]
    public void Parse_KubernetesArguments_AreRead()
    {
        var args = CniArgs.Parse("IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;OTHER=a=b;");
        Assert.Equal("default", args["K8S_POD_NAMESPACE"]);
        Assert.Equal("a=b", args["OTHER"]);
        Assert.Null(args["IP"]);
    }

    [Fact]
    public void Parse_EmptyMac_IsNotSetAndNoFailure() => Assert.Null(CniArgs.Parse("MAC=")["MAC"]);

    [Theory]
    [InlineData("OTHER=1")]
    [InlineData("IgnoreUnknown=0;OTHER=1")]
    [InlineData("IgnoreUnknown=yes")]
    [InlineData("MAC")]
    [InlineData("=1")]
    public void Parse_UnknownOrMalformed_IsCode4(string text) => Text.Fails(CniErrorCode.InvalidEnvironment, () => CniArgs.Parse(text));
}
