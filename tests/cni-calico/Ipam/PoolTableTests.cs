using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Ipam;

public class PoolTableTests
{
    private static readonly Dictionary<string, string> NoLabels = [];

    [Fact]
    public void OverlappingPool_IsNamed_AndTheOthersGoOn()
    {
        var table = PoolTable.Read([Pool("b", "10.0.0.0/8", created: 2), Pool("a", "10.1.0.0/16", created: 1), Pool("c", "fd00::/48", created: 3)]);
        Assert.Equal(["a", "c"], table.Pools.Select(pool => pool.Name));
        Assert.Contains("overlaps 10.1.0.0/16 of IPPool a", Assert.Single(table.Problems).Value);
    }

    [Theory]
    [InlineData("10.0.0.1/8", null, null, null, "bits beyond its length")]
    [InlineData("x", null, null, null, "spec.cidr")]
    [InlineData("10.0.0.0/28", null, null, null, "larger than the pool")]
    [InlineData("10.0.0.0/8", 16, null, null, "spec.blockSize")]
    [InlineData("10.0.0.0/8", null, "Sometimes", null, "spec.ipipMode")]
    [InlineData("10.0.0.0/8", null, "Always", "Always", "exclude one another")]
    [InlineData("fd00::/64", null, "Always", null, "IPv4 alone")]
    public void Nonsense_IsNamed(string cidr, int? size, string? ipip, string? vxlan, string expected)
    {
        var table = PoolTable.Read([new IpPool { Metadata = { Name = "p" }, Spec = { Cidr = cidr, BlockSize = size, IpipMode = ipip, VxlanMode = vxlan } }]);
        Assert.Contains(expected, table.Problems["p"]);
    }

    [Fact]
    public void Selectors_ChooseByNodeAndNamespace()
    {
        var table = PoolTable.Read(
        [
            Pool("rack1", "10.1.0.0/16", node: "rack == '1'"),
            Pool("rack2", "10.2.0.0/16", node: "rack == '2'"),
            Pool("team", "10.3.0.0/16", ns: "team == 'a'"),
            Pool("manual", "10.4.0.0/16", mode: "Manual"),
        ]);
        var rack = new Dictionary<string, string> { ["rack"] = "1" };
        Assert.Equal(["rack1"], table.ForWorkload(IpFamily.V4, rack, NoLabels, []).Select(pool => pool.Name));
        Assert.Equal(["rack1", "team"], table.ForWorkload(IpFamily.V4, rack, new Dictionary<string, string> { ["team"] = "a" }, []).Select(pool => pool.Name));
        Assert.Equal(["manual"], table.ForWorkload(IpFamily.V4, rack, NoLabels, ["manual"]).Select(pool => pool.Name));
        Assert.Equal(["rack1"], table.ForWorkload(IpFamily.V4, rack, NoLabels, ["10.1.0.0/16"]).Select(pool => pool.Name));
        Assert.Contains("does not select this node", Assert.Throws<IpamException>(() => table.ForWorkload(IpFamily.V4, rack, NoLabels, ["rack2"])).Message);
        Assert.Contains("there is no IPPool x", Assert.Throws<IpamException>(() => table.ForWorkload(IpFamily.V4, rack, NoLabels, ["x"])).Message);
        Assert.Contains("no enabled IPPool of IPv6", Assert.Throws<IpamException>(() => table.ForWorkload(IpFamily.V6, rack, NoLabels, [])).Message);
    }

    private static IpPool Pool(string name, string cidr, int created = 1, string? node = null, string? ns = null, string? mode = null) => new()
    {
        Metadata = { Name = name, CreationTimestamp = DateTimeOffset.UnixEpoch.AddSeconds(created) },
        Spec = { Cidr = cidr, NodeSelector = node, NamespaceSelector = ns, AssignmentMode = mode },
    };
}
