using System.Text;
using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.Netlink.Route;

namespace Podwire.CniBridge.Tests;

public class VlanOptionsTests
{
    private static List<BridgeVlan> Read(string json) => [.. VlanOptions.ReadTrunk(Encoding.UTF8.GetBytes(json))];

    [Fact]
    public void ReadTrunk_IdAndRange_AreBoth() =>
        Assert.Equal([new(10, 20), new(5, 5)], Read("""{"id":5,"minID":10,"maxID":20}"""));

    [Theory]
    [InlineData("{}", CniErrorCode.InvalidNetworkConfig)]
    [InlineData("""{"id":0}""", CniErrorCode.InvalidNetworkConfig)]
    [InlineData("""{"id":4095}""", CniErrorCode.InvalidNetworkConfig)]
    [InlineData("""{"minID":5}""", CniErrorCode.InvalidNetworkConfig)]
    [InlineData("""{"minID":6,"maxID":5}""", CniErrorCode.InvalidNetworkConfig)]
    [InlineData("""{"id":"5"}""", CniErrorCode.DecodingFailure)]
    [InlineData("[]", CniErrorCode.DecodingFailure)]
    public void ReadTrunk_WrongInput_NamesTheKey(string json, CniErrorCode code)
    {
        var error = Assert.Throws<CniException>(() => Read(json));
        Assert.Equal(code, error.Code);
        Assert.Contains("vlanTrunk", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Membership_FollowsTheKeys()
    {
        var own = new BridgeVlan(100, 100) { Pvid = true, Untagged = true };
        var standard = new BridgeVlan(1, 1) { Untagged = true };
        Assert.Equal([standard, own], new VlanOptions { Id = 100 }.Membership());
        Assert.Equal([own], new VlanOptions { Id = 100, PreserveDefault = false }.Membership());
        Assert.Equal([standard with { Pvid = true }, new(7, 7), new(8, 8)], new VlanOptions { Trunk = [new(7, 8)] }.Membership());
        Assert.Equal([new(99, 99), own], new VlanOptions { Id = 100, Trunk = [new(99, 100)], PreserveDefault = false }.Membership());
    }
}
