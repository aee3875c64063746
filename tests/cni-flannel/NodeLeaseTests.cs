using Podwire.CniFlannel.Agent.State;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class NodeLeaseTests
{
    private static readonly FlannelAnnotations Names = new(FlannelAnnotations.DefaultPrefix);

    [Fact]
    public void TryRead_NodeOfFlanneld_IsItsLease()
    {
        var lease = NodeLease.TryRead(Node(), IpFamily.V4, Names, out var problem);
        Assert.Null(problem);
        Assert.Equal(new NodeLease("node2", IpPrefix.Parse("10.244.2.0/24"), "vxlan", IpAddress.Parse("10.89.0.12"), new VxlanBackendData(1, MacAddress.Parse("8a:4d:42:c7:02:11"))), lease);
        Assert.Null(NodeLease.TryRead(Node(), IpFamily.V6, Names, out problem));
        Assert.Null(problem);
    }

    [Fact]
    public void TryRead_DualStack_GivesEachFamilyItsOwn()
    {
        var node = Node();
        node.Spec.PodCIDRs = ["fd00:10:244:2::/64", "10.244.2.0/24"];
        node.Metadata.Annotations["flannel.alpha.coreos.com/public-ipv6"] = "fd00:89::12";
        node.Metadata.Annotations["flannel.alpha.coreos.com/backend-v6-data"] = """{"VNI":1,"VtepMAC":"8a:4d:42:c7:02:16"}""";
        var v6 = NodeLease.TryRead(node, IpFamily.V6, Names, out _)!;
        Assert.Equal(IpPrefix.Parse("fd00:10:244:2::/64"), v6.Subnet);
        Assert.Equal(IpAddress.Parse("fd00:89::12"), v6.PublicIp);
        Assert.Equal(MacAddress.Parse("8a:4d:42:c7:02:16"), v6.Vxlan!.VtepMac);
        Assert.Equal(IpPrefix.Parse("10.244.2.0/24"), NodeLease.TryRead(node, IpFamily.V4, Names, out _)!.Subnet);
    }

    [Theory]
    [InlineData("kube-subnet-manager", "false", false)]
    [InlineData("public-ip", "10.89.0", true)]
    [InlineData("public-ip", "fd00::1", true)]
    [InlineData("backend-data", "{\"VNI\":1}", true)]
    [InlineData("backend-data", "{\"VNI\":1,\"VtepMAC\":\"ff:ff:ff:ff:ff:ff\"}", true)]
    [InlineData("backend-data", "null", true)]
    [InlineData("backend-data", "{", true)]
    public void TryRead_Unusable_IsNone(string annotation, string value, bool isProblem)
    {
        var node = Node();
        node.Metadata.Annotations[$"flannel.alpha.coreos.com/{annotation}"] = value;
        Assert.Null(NodeLease.TryRead(node, IpFamily.V4, Names, out var problem));
        Assert.Equal(isProblem, problem is not null);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("10.244.2.0")]
    [InlineData("fd00:10:244:2::/64")]
    public void TryRead_WithoutPodCidr_IsNamed(string? cidr)
    {
        var node = Node();
        node.Spec.PodCIDR = cidr;
        Assert.Null(NodeLease.TryRead(node, IpFamily.V4, Names, out var problem));
        Assert.StartsWith("it has no IPv4 pod CIDR (spec.podCIDRs)", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void BackendData_IsWrittenAsGoWritesIt() =>
        Assert.Equal("""{"VNI":1,"VtepMAC":"8a:4d:42:c7:02:11"}""", new VxlanBackendData(1, MacAddress.Parse("8a:4d:42:c7:02:11")).ToString());

    private static Node Node() => new()
    {
        Metadata =
        {
            Name = "node2",
            Annotations =
            {
                ["flannel.alpha.coreos.com/kube-subnet-manager"] = "true",
                ["flannel.alpha.coreos.com/backend-type"] = "vxlan",
                ["flannel.alpha.coreos.com/backend-data"] = """{"VNI":1,"VtepMAC":"8a:4d:42:c7:02:11"}""",
                ["flannel.alpha.coreos.com/public-ip"] = "10.89.0.12",
            },
        },
        Spec = { PodCIDR = "10.244.2.0/24" },
    };
}
