using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kube.Tests;

public class ObjectJsonTests
{
    private const string PodText = """
        {"apiVersion":"v1","kind":"Pod",
         "metadata":{"name":"web-0","namespace":"shop","uid":"u1","resourceVersion":"41","generation":2,
           "creationTimestamp":"2026-11-21T10:00:00Z","labels":{"app":"web"},"finalizers":["a/b"],
           "managedFields":[{"manager":"kubectl","operation":"Update","fieldsV1":{"f:metadata":{}}}],
           "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"r1","controller":true,"blockOwnerDeletion":true}]},
         "spec":{"nodeName":"node1","futureField":{"deep":[1,2.5,null,"x"]},
           "containers":[{"name":"c","image":"host","command":["/bin/sh","-c","sleep 1"],
             "env":[{"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],
             "ports":[{"name":"http","containerPort":8080}],
             "resources":{"requests":{"cpu":"250m","memory":"64Mi"}},
             "readinessProbe":{"httpGet":{"path":"/","port":"http"},"periodSeconds":3},
             "volumeDevices":[{"name":"raw","devicePath":"/dev/x"}]}],
           "volumes":[{"name":"data","csi":{"driver":"d"}},{"name":"tmp","emptyDir":{}}]},
         "status":{"phase":"Running","hostIP":"10.89.0.11","podIPs":[{"ip":"10.244.1.2"}],
           "containerStatuses":[{"name":"c","ready":true,"restartCount":0,"started":true,
             "state":{"running":{"startedAt":"2026-11-21T10:00:01Z"}},"allocatedResources":{"cpu":"1"}}]}}
        """;

    [Fact]
    public void Pod_RoundTrip_KeepsEveryField()
    {
        var pod = KubeJson.Deserialize<Pod>(Encoding.UTF8.GetBytes(PodText));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(PodText), KubeJson.ToNode(pod)), KubeJson.ToNode(pod).ToJsonString());
    }

    [Fact]
    public void Pod_TypedFields_AreRead()
    {
        var pod = KubeJson.Deserialize<Pod>(Encoding.UTF8.GetBytes(PodText));
        var container = Assert.Single(pod.Spec.Containers);
        Assert.Equal("status.podIP", container.Env[0].ValueFrom!.FieldRef!.FieldPath);
        Assert.Equal(8080, container.Ports[0].ContainerPortNumber);
        Assert.Equal(250, container.Resources!.Requests["cpu"].MilliValue);
        Assert.Equal("http", container.ReadinessProbe!.HttpGet!.Port.Text);
        Assert.Equal("10.244.1.2", pod.Status.PodIPs[0].Ip);
        Assert.True(pod.Metadata.OwnerReferences[0].Controller);
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 10, 0, 1, TimeSpan.Zero), pod.Status.ContainerStatuses[0].State!.Running!.StartedAt);
        Assert.NotNull(pod.Spec.Volumes[1].EmptyDir);
        Assert.Contains("csi", pod.Spec.Volumes[0].Unknown!.Keys);
    }

    [Fact]
    public void NewObjects_WriteTheirKind_AndNothingEmpty()
    {
        var slice = new EndpointSlice { Metadata = { Name = "web-1" }, AddressType = "IPv4" };
        Assert.Empty(slice.Endpoints);
        Assert.Equal(
            """{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"web-1"},"addressType":"IPv4"}""",
            Encoding.UTF8.GetString(KubeJson.Serialize(slice)));
    }

    [Fact]
    public void NullForAList_IsAnEmptyList()
    {
        var slice = KubeJson.Deserialize<EndpointSlice>("""{"metadata":{"name":"s","labels":null},"addressType":null,"endpoints":null}"""u8);
        Assert.Empty(slice.Endpoints);
        Assert.Empty(slice.Metadata.Labels);
        Assert.Equal("", slice.AddressType);
        Assert.Equal("EndpointSlice", slice.Kind);
    }

    [Fact]
    public void NullForAnObjectThatIsAlwaysThere_LeavesItEmpty()
    {
        var pod = KubeJson.Deserialize<Pod>("""{"metadata":null,"spec":null,"status":null}"""u8);
        Assert.Equal("", pod.Metadata.Name);
        Assert.Empty(pod.Spec.Containers);
        Assert.Null(pod.Status.Phase);
    }

    [Fact]
    public void EmptyObjectsThatMeanSomething_AreWritten()
    {
        var pod = new Pod { Spec = { Volumes = [new Volume { Name = "v", EmptyDir = new EmptyDirVolumeSource() }] } };
        Assert.Contains("""{"name":"v","emptyDir":{}}""", Encoding.UTF8.GetString(KubeJson.Serialize(pod)), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_AreThoseOfTheApi()
    {
        var service = new Service
        {
            Spec =
            {
                ClusterIP = "10.96.0.1", ClusterIPs = ["10.96.0.1"], IPFamilies = ["IPv4"], IPFamilyPolicy = "SingleStack", ExternalIPs = ["1.2.3.4"],
                SessionAffinityConfig = new SessionAffinityConfig { ClientIP = new ClientIPConfig { TimeoutSeconds = 1 } },
            },
            Status = { LoadBalancer = new LoadBalancerStatus { Ingress = [new LoadBalancerIngress { Ip = "1.1.1.1", IPMode = "VIP" }] } },
        };
        var spec = KubeJson.ToNode(service)["spec"]!.AsObject();
        Assert.Equal(
            ["clusterIP", "clusterIPs", "externalIPs", "ipFamilies", "ipFamilyPolicy", "sessionAffinityConfig"],
            spec.Select(field => field.Key).Order(StringComparer.Ordinal));
        Assert.Equal("""{"clientIP":{"timeoutSeconds":1}}""", spec["sessionAffinityConfig"]!.ToJsonString());
        Assert.Equal("""{"loadBalancer":{"ingress":[{"ip":"1.1.1.1","ipMode":"VIP"}]}}""", KubeJson.ToNode(service)["status"]!.ToJsonString());

        var node = new Node { Spec = { PodCIDR = "10.244.0.0/24" }, Status = { DaemonEndpoints = new() { KubeletEndpoint = new() { Port = 10250 } } } };
        Assert.Equal("""{"podCIDR":"10.244.0.0/24"}""", KubeJson.ToNode(node)["spec"]!.ToJsonString());
        Assert.Equal("""{"kubeletEndpoint":{"Port":10250}}""", KubeJson.ToNode(node)["status"]!["daemonEndpoints"]!.ToJsonString());
    }

    [Fact]
    public void Times_AreSecondsInUtc_MicroTimesHaveSixDigits()
    {
        var lease = KubeJson.Deserialize<Lease>("""
            {"metadata":{"creationTimestamp":"2026-11-21T12:00:00.5+02:00"},"spec":{"renewTime":"2026-11-21T10:00:00.123456Z"}}
            """u8);
        var node = KubeJson.ToNode(lease);
        Assert.Equal("2026-11-21T10:00:00Z", (string?)node["metadata"]!["creationTimestamp"]);
        Assert.Equal("2026-11-21T10:00:00.123456Z", (string?)node["spec"]!["renewTime"]);
    }

    [Theory]
    [InlineData("\"yesterday\"")]
    [InlineData("\"2026-11-21\"")]
    [InlineData("\"2026-11-21T10:00:00\"")]
    [InlineData("17")]
    public void Time_Malformed_IsRefused(string json) =>
        Assert.Throws<JsonException>(() => KubeJson.Deserialize<ObjectMeta>(Encoding.UTF8.GetBytes($$"""{"creationTimestamp":{{json}}}""")));

    [Fact]
    public void WrongShape_IsRefusedWithItsPath()
    {
        var fault = Assert.Throws<JsonException>(() => KubeJson.Deserialize<Pod>("""{"spec":{"containers":[{"name":"a","ports":[{"containerPort":"80"}]}]}}"""u8));
        Assert.Equal("$.spec.containers[0].ports[0].containerPort", fault.Path);
    }

    [Fact]
    public void IntOrString_KeepsItsKind()
    {
        var text = """{"ports":[{"port":80,"targetPort":8080},{"port":81,"targetPort":"http"},{"port":82}]}""";
        var spec = KubeJson.Deserialize<ServiceSpec>(Encoding.UTF8.GetBytes(text));
        Assert.Equal(8080, spec.Ports[0].TargetPort!.Value.Number);
        Assert.Equal("http", spec.Ports[1].TargetPort!.Value.Text);
        Assert.Null(spec.Ports[2].TargetPort);
        Assert.Equal(text, Encoding.UTF8.GetString(KubeJson.Serialize(spec)));
        Assert.Throws<InvalidOperationException>(() => spec.Ports[1].TargetPort!.Value.Number);
    }

    [Theory]
    [InlineData("25%", 10, false, 2)]
    [InlineData("25%", 10, true, 3)]
    [InlineData("100%", 7, false, 7)]
    [InlineData("0%", 7, true, 0)]
    public void IntOrString_Percentage_IsAShare(string text, int total, bool up, int expected) =>
        Assert.Equal(expected, new IntOrString(text).Scaled(total, up));

    [Theory]
    [InlineData("25")]
    [InlineData("-5%")]
    [InlineData("%")]
    [InlineData("web")]
    public void IntOrString_NoPercentage_IsRefused(string text) => Assert.Throws<FormatException>(() => new IntOrString(text).Scaled(10, true));

    [Fact]
    public void Clone_IsDeep()
    {
        var pod = new Pod { Metadata = { Name = "a", Labels = { ["x"] = "1" } } };
        var copy = KubeJson.Clone(pod);
        copy.Metadata.Labels["x"] = "2";
        Assert.Equal("1", pod.Metadata.Labels["x"]);
    }

    [Fact]
    public void RawObject_KeepsWhatItDoesNotKnow()
    {
        var text = """{"apiVersion":"x.io/v1","kind":"Thing","metadata":{"name":"t"},"spec":{"a":1},"data":null}""";
        var thing = KubeJson.Deserialize<RawObject>(Encoding.UTF8.GetBytes(text));
        Assert.Equal("Thing", thing.Kind);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(text), KubeJson.ToNode(thing)));
    }
}
