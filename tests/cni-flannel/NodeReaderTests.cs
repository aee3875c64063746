using System.Text.Json;
using Podwire.CniFlannel.Agent.State;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class NodeReaderTests
{
    private static readonly FlannelAnnotations Names = new(FlannelAnnotations.DefaultPrefix);

    private const string Whole = """
        {"kind":"Node","apiVersion":"v1","metadata":{"managedFields":[{"a":[1,{"name":"x"}]}],"name":"node2","uid":"u","resourceVersion":"7","labels":{"name":"l"},
         "annotations":{"other":"x","flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"vxlan",
          "flannel.alpha.coreos.com/backend-data":"{\"VNI\":1,\"VtepMAC\":\"8a:4d:42:c7:02:11\"}","flannel.alpha.coreos.com/public-ip":"10.89.0.12"}},
         "spec":{"taints":[{"key":"status"}],"podCIDR":"10.244.2.0/24","podCIDRs":["10.244.2.0/24","fd00:10:244:2::/64"]},
         "status":{"images":[{"names":["a","b"],"sizeBytes":1}],"conditions":[{"type":"Ready","status":"True"},{"status":"False","reason":"FlannelIsUp","type":"NetworkUnavailable"}],"nodeInfo":{"type":"NetworkUnavailable"}}}
        """;

    [Fact]
    public void Read_GivesTheSameLeaseAsTheWholeObject()
    {
        var item = NodeReader.Resource(Names).ItemInfo;
        var read = JsonSerializer.Deserialize(Whole, item)!;
        var whole = KubeJson.Deserialize<Node>(System.Text.Encoding.UTF8.GetBytes(Whole));
        Assert.Equal(NodeLease.TryRead(whole, IpFamily.V4, Names, out _), NodeLease.TryRead(read, IpFamily.V4, Names, out _));
        Assert.Equal(("node2", "u", "7"), (read.Metadata.Name, read.Metadata.Uid, read.Metadata.ResourceVersion));
        Assert.Equal(whole.Spec.PodCIDRs, read.Spec.PodCIDRs);
        Assert.Equal("NetworkUnavailable False", string.Join(", ", read.Status.Conditions.Select(static condition => $"{condition.Type} {condition.Status}")));
        Assert.Equal(4, read.Metadata.Annotations.Count);
        Assert.Null(read.Unknown);
    }

    [Fact]
    public void Read_CutOffOrOfAnotherShape_IsAJsonException()
    {
        var item = NodeReader.Resource(Names).ItemInfo;
        for (var length = 0; length < Whole.Length - 1; length += 7)
        {
            Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize(Whole[..length], item));
        }

        foreach (var text in new[] { "[]", "1", """{"metadata":[]}""", """{"metadata":{"name":1}}""", """{"spec":{"podCIDRs":[1]}}""", """{"status":{"conditions":[1]}}""", """{"metadata":{"annotations":{"flannel.alpha.coreos.com/public-ip":{}}}}""" })
        {
            Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize(text, item));
        }

        Assert.Equal(string.Empty, JsonSerializer.Deserialize("""{"metadata":null,"spec":{"podCIDRs":null},"status":{"conditions":null}}""", item)!.Metadata.Name);
    }
}
