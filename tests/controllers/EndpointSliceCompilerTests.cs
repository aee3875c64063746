using Podwire.Controllers.EndpointSlices;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests;

public class EndpointSliceCompilerTests
{
    private static readonly Func<string, Node?> AnyNode = name => Make.Node(name);

    [Fact]
    public void Pods_InEveryState_AreEndpointsInThatState()
    {
        var ended = Make.Pod("ended", node: "n1").Ready("10.0.0.9");
        ended.Status.Phase = "Succeeded";
        Pod[] pods =
        [
            Make.Pod("ready", node: "n1").Ready("10.0.0.1"),
            Make.Pod("unready", node: "n1").NotReady("10.0.0.2"),
            Make.Pod("draining", node: "n1").Ready("10.0.0.3").Terminating(),
            ended,
            Make.Pod("addressless", node: "n1"),
        ];
        var slice = Assert.Single(EndpointSliceCompiler.Compile(Make.Service("web", ("", 80, 8080)), pods, AnyNode, []).Create);
        Assert.Equal(
            ["10.0.0.1 True True False", "10.0.0.2 False False False", "10.0.0.3 False True True"],
            slice.Endpoints.Select(endpoint => $"{endpoint.Addresses[0]} {endpoint.Conditions!.Ready} {endpoint.Conditions.Serving} {endpoint.Conditions.Terminating}").Order());
        Assert.Equal(("IPv4", "web-", "web", "endpointslice-controller.k8s.io"),
            (slice.AddressType, slice.Metadata.GenerateName, slice.Metadata.Labels["kubernetes.io/service-name"], slice.Metadata.Labels["endpointslice.kubernetes.io/managed-by"]));
        Assert.Equal("uid-svc-web", Assert.Single(slice.Metadata.OwnerReferences).Uid);
        Assert.Equal(("", "TCP", 8080), (slice.Ports[0].Name, slice.Ports[0].Protocol, slice.Ports[0].Port));

        var publishing = Make.Service("web", ("", 80, 8080));
        publishing.Spec.PublishNotReadyAddresses = true;
        Assert.All(Assert.Single(EndpointSliceCompiler.Compile(publishing, pods, AnyNode, []).Create).Endpoints, endpoint => Assert.True(endpoint.Conditions!.Ready));
    }

    [Fact]
    public void NamedPort_DifferentPerPod_GivesASliceForEachNumber()
    {
        Pod With(string name, string ip, int number)
        {
            var pod = Make.Pod(name, node: "n1").Ready(ip);
            pod.Spec.Containers[0].Ports = [new() { Name = "web", ContainerPortNumber = number }, new() { Name = "web", ContainerPortNumber = 1, Protocol = "UDP" }];
            return pod;
        }

        var plan = EndpointSliceCompiler.Compile(Make.Service("web", ("http", 80, "web")), [With("a", "10.0.0.1", 8080), With("b", "10.0.0.2", 9090), Make.Pod("c", node: "n1").Ready("10.0.0.3")], AnyNode, []);
        Assert.Equal(["", "8080", "9090"], plan.Create.Select(slice => string.Join(',', slice.Ports.Select(port => port.Port))).Order());
    }

    [Fact]
    public void PodOnAMissingNode_IsNoEndpointYet()
    {
        Pod[] pods = [Make.Pod("a", node: "gone").Ready("10.0.0.1")];
        var service = Make.Service("web", ("", 80, 8080));
        Assert.Empty(Assert.Single(EndpointSliceCompiler.Compile(service, pods, _ => null, []).Create).Endpoints);
        service.Spec.PublishNotReadyAddresses = true;
        Assert.Single(Assert.Single(EndpointSliceCompiler.Compile(service, pods, _ => null, []).Create).Endpoints);
    }

    [Fact]
    public void DualStack_ServiceHasSlicesOfBothFamiliesAndLosesThoseOfOneItDrops()
    {
        var pod = Make.Pod("a", node: "n1").Ready("10.0.0.1");
        pod.Status.PodIPs.Add(new() { Ip = "fd00::1" });
        var service = Make.Service("web", ("", 80, 8080));
        service.Spec.IPFamilies = ["IPv4", "IPv6"];
        var plan = EndpointSliceCompiler.Compile(service, [pod], AnyNode, []);
        Assert.Equal(["IPv4 10.0.0.1", "IPv6 fd00::1"], plan.Create.Select(slice => $"{slice.AddressType} {slice.Endpoints[0].Addresses[0]}"));
        service.Spec.IPFamilies = ["IPv4"];
        Assert.Equal("IPv6", Assert.Single(EndpointSliceCompiler.Compile(service, [pod], AnyNode, Stored(plan.Create)).Delete).AddressType);
    }

    [Fact]
    public void Headless_AndHostnames_AreMarked()
    {
        var service = Make.Service("web");
        service.Spec.ClusterIP = "None";
        var pod = Make.Pod("a", node: "n1").Ready("10.0.0.1");
        (pod.Spec.Hostname, pod.Spec.Subdomain) = ("first", "web");
        var slice = Assert.Single(EndpointSliceCompiler.Compile(service, [pod], AnyNode, []).Create);
        Assert.Equal("", slice.Metadata.Labels["service.kubernetes.io/headless"]);
        Assert.Equal("first", slice.Endpoints[0].Hostname);
        Assert.Empty(slice.Ports);
    }

    [Fact]
    public void OnePodMore_ChangesOneSlice()
    {
        var service = Make.Service("web", ("", 80, 8080));
        var pods = Enumerable.Range(0, 150).Select(i => Make.Pod($"p{i:000}", node: "n1").Ready($"10.0.{i / 100}.{i % 100}")).ToList();
        var stored = Stored(EndpointSliceCompiler.Compile(service, pods, AnyNode, []).Create);
        Assert.Equal([100, 50], stored.Select(slice => slice.Endpoints.Count).OrderDescending());
        Assert.True(EndpointSliceCompiler.Compile(service, pods, AnyNode, stored).IsEmpty);

        pods.Add(Make.Pod("new", node: "n1").Ready("10.0.9.9"));
        var plan = EndpointSliceCompiler.Compile(service, pods, AnyNode, stored);
        Assert.Equal(51, Assert.Single(plan.Update).Endpoints.Count);
        Assert.Empty(plan.Create);
        Assert.Empty(plan.Delete);

        var ready = pods.FindIndex(pod => pod.Metadata.Uid == stored[0].Endpoints[0].TargetRef!.Uid);
        pods[ready].Status.Conditions[0].Status = "False";
        pods.RemoveAt(150);
        Assert.Equal(stored[0].Metadata.Name, Assert.Single(EndpointSliceCompiler.Compile(service, pods, AnyNode, stored).Update).Metadata.Name);
    }

    [Fact]
    public void LastPodGone_LeavesOneEmptySliceThatIsUsedAgain()
    {
        var service = Make.Service("web", ("", 80, 8080));
        Pod[] pods = [Make.Pod("a", node: "n1").Ready("10.0.0.1")];
        var stored = Stored(EndpointSliceCompiler.Compile(service, pods, AnyNode, []).Create);
        var emptied = EndpointSliceCompiler.Compile(service, [], AnyNode, stored);
        Assert.Empty(Assert.Single(emptied.Update).Endpoints);
        Assert.True(EndpointSliceCompiler.Compile(service, [], AnyNode, emptied.Update).IsEmpty);
        var again = EndpointSliceCompiler.Compile(service, pods, AnyNode, emptied.Update);
        Assert.Equal(stored[0].Metadata.Name, Assert.Single(again.Update).Metadata.Name);
        Assert.Empty(again.Create);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Slices_OverAnyHistory_SayWhatASlowDirectReadingSays(int seed)
    {
        var random = new Random(seed);
        var service = Make.Service("web", ("http", 80, "web"));
        var pods = new List<Pod>();
        var stored = new List<EndpointSlice>();
        for (var i = 0; i < 120; i++)
        {
            for (var n = random.Next(6); n > 0; n--)
            {
                Change(pods, random, i * 10 + n);
            }

            var plan = EndpointSliceCompiler.Compile(service, pods, AnyNode, stored, most: 7);
            stored.RemoveAll(slice => plan.Delete.Contains(slice) || plan.Update.Any(update => update.Metadata.Name == slice.Metadata.Name));
            stored.AddRange(plan.Update);
            stored.AddRange(Stored(plan.Create, $"{i}"));
            Assert.Equal(Direct(service, pods), Flat(stored));
            Assert.All(stored, slice => Assert.True(slice.Endpoints.Count <= 7));
            Assert.True(EndpointSliceCompiler.Compile(service, pods, AnyNode, stored, most: 7).IsEmpty, "a second look wants more changes");

            var older = EndpointsCompiler.Compile(service, pods, AnyNode, null)!;
            Assert.Equal(
                pods.Where(pod => pod.Status.PodIP is not null && pod.Metadata.DeletionTimestamp is null).Select(pod => pod.Status.PodIP!).Order(),
                older.Subsets.SelectMany(subset => subset.Addresses.Concat(subset.NotReadyAddresses)).Select(address => address.Ip).Order());
            Assert.Null(EndpointsCompiler.Compile(service, pods, AnyNode, older));
        }
    }

    private static void Change(List<Pod> pods, Random random, int serial)
    {
        if (pods.Count == 0 || random.Next(3) > 0)
        {
            var pod = Make.Pod($"p{serial}", node: $"n{random.Next(3)}").Ready($"10.1.{serial / 250}.{serial % 250}");
            if (random.Next(4) > 0)
            {
                pod.Spec.Containers[0].Ports = [new() { Name = "web", ContainerPortNumber = 8000 + random.Next(2), Protocol = "TCP" }];
            }

            pods.Add(pod);
            return;
        }

        var at = random.Next(pods.Count);
        switch (random.Next(4))
        {
            case 0:
                pods[at].Status.Conditions[0].Status = pods[at].Status.Conditions[0].Status == "True" ? "False" : "True";
                break;
            case 1:
                pods[at].Terminating();
                break;
            default:
                pods.RemoveAt(at);
                break;
        }
    }

    /// <summary>What the service's endpoints are, read pod by pod without regard to slices.</summary>
    private static IEnumerable<string> Direct(Service service, IEnumerable<Pod> pods) => pods
        .Select(pod =>
        {
            var serving = pod.Status.Conditions.Exists(condition => condition is { Type: "Ready", Status: "True" });
            var terminating = pod.Metadata.DeletionTimestamp is not null;
            var port = pod.Spec.Containers[0].Ports.Find(one => one.Name == service.Spec.Ports[0].TargetPort!.Value.Text)?.ContainerPortNumber;
            return $"{pod.Status.PodIP} {port} {serving && !terminating} {serving} {terminating} {pod.Spec.NodeName}";
        })
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Flat(IEnumerable<EndpointSlice> slices) => slices
        .SelectMany(slice => slice.Endpoints.Select(endpoint =>
            $"{endpoint.Addresses[0]} {slice.Ports.FirstOrDefault()?.Port} {endpoint.Conditions!.Ready} {endpoint.Conditions.Serving} {endpoint.Conditions.Terminating} {endpoint.NodeName}"))
        .Order(StringComparer.Ordinal);

    private static List<EndpointSlice> Stored(IEnumerable<EndpointSlice> made, string suffix = "x") => [.. made.Select((slice, i) =>
    {
        var stored = KubeJson.Clone(slice);
        stored.Metadata.Name = $"{slice.Metadata.GenerateName}{suffix}{i}";
        return stored;
    })];
}
