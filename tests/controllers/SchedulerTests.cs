using Podwire.Controllers.Scheduler;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests;

public class SchedulerTests
{
    private static readonly Func<string, IReadOnlyDictionary<string, string>> NoLabels = _ => new Dictionary<string, string>();

    public static TheoryData<string, Action<Pod>, Action<Node>, string> Refusals => new()
    {
        { "cordoned", _ => { }, node => node.Spec.Unschedulable = true, "node(s) were unschedulable" },
        { "tainted", _ => { }, node => node.Spec.Taints.Add(new() { Key = "gpu", Value = "yes", Effect = "NoSchedule" }), "node(s) had untolerated taint {gpu: yes}" },
        { "evicting", _ => { }, node => node.Spec.Taints.Add(new() { Key = "gone", Effect = "NoExecute" }), "node(s) had untolerated taint {gone: }" },
        { "not ready, not yet tainted", _ => { }, node => node.Status.Conditions[0].Status = "False", "node(s) had untolerated taint {node.kubernetes.io/not-ready: }" },
        { "selector", pod => pod.Spec.NodeSelector["disk"] = "ssd", _ => { }, "node(s) didn't match Pod's node affinity/selector" },
        { "affinity", pod => Require(pod, new() { Key = "disk", Operator = "In", Values = ["ssd"] }), node => node.Metadata.Labels["disk"] = "hdd", "node(s) didn't match Pod's node affinity/selector" },
        { "affinity Gt", pod => Require(pod, new() { Key = "cores", Operator = "Gt", Values = ["8"] }), node => node.Metadata.Labels["cores"] = "8", "node(s) didn't match Pod's node affinity/selector" },
        { "cpu", pod => Ask(pod, "cpu", "4001m"), _ => { }, "Insufficient cpu" },
        { "memory", pod => Ask(pod, "memory", "9Gi"), _ => { }, "Insufficient memory" },
        { "device", pod => Ask(pod, "example.com/gpu", "1"), _ => { }, "Insufficient example.com/gpu" },
        { "pods", _ => { }, node => node.Status.Allocatable["pods"] = Quantity.Parse("0"), "Too many pods" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Node_ThatCannotTakeThePod_SaysWhyInKubeSchedulersWords(string what, Action<Pod> pod, Action<Node> node, string reason)
    {
        Assert.NotEmpty(what);
        var (asking, refusing) = (Make.Pod("p"), Make.Node("n1"));
        pod(asking);
        node(refusing);
        var placement = Place(asking, [refusing]);
        Assert.Null(placement.Node);
        Assert.Equal($"0/1 nodes are available: 1 {reason}.", placement.Message);
    }

    [Fact]
    public void Reasons_OfSeveralNodes_AreCountedAndSorted()
    {
        var (full, tainted, cordoned) = (Make.Node("n1", cpu: "1"), Make.Node("n2"), Make.Node("n3"));
        tainted.Spec.Taints.Add(new() { Key = "a", Value = "b", Effect = "NoSchedule" });
        cordoned.Spec.Unschedulable = true;
        Assert.Equal(
            "0/4 nodes are available: 1 node(s) had untolerated taint {a: b}, 1 node(s) were unschedulable, 2 Insufficient cpu.",
            Place(Make.Pod("p", cpu: "2"), [full, tainted, cordoned, Make.Node("n4", cpu: "1")]).Message);
    }

    [Fact]
    public void NoNodes_Is_Said() => Assert.Equal("no nodes available to schedule pods", Place(Make.Pod("p"), []).Message);

    [Theory]
    [InlineData("gpu", "Equal", "yes", "NoSchedule", true)]
    [InlineData("gpu", null, "yes", null, true)]
    [InlineData("gpu", "Equal", "no", "NoSchedule", false)]
    [InlineData("gpu", "Exists", null, "NoSchedule", true)]
    [InlineData("gpu", "Exists", null, "NoExecute", false)]
    [InlineData(null, "Exists", null, null, true)]
    [InlineData(null, "Equal", "yes", null, false)]
    public void Toleration_OfATaint_FollowsItsKeyOperatorValueAndEffect(string? key, string? op, string? value, string? effect, bool goes)
    {
        var node = Make.Node("n1");
        node.Spec.Taints.Add(new() { Key = "gpu", Value = "yes", Effect = "NoSchedule" });
        var pod = Make.Pod("p");
        pod.Spec.Tolerations.Add(new() { Key = key, Operator = op, Value = value, Effect = effect });
        Assert.Equal(goes ? "n1" : null, Place(pod, [node]).Node);
    }

    [Theory]
    [InlineData("", "", "TCP", "TCP", false)]
    [InlineData("10.0.0.1", "10.0.0.2", "TCP", "TCP", true)]
    [InlineData("10.0.0.1", "0.0.0.0", "TCP", "TCP", false)]
    [InlineData("", "", "TCP", "UDP", true)]
    public void HostPort_OnOneNode_ConflictsByAddressAndProtocol(string one, string other, string protocol, string otherProtocol, bool goes)
    {
        var (first, second) = (Make.Pod("a", node: "n1"), Make.Pod("b"));
        first.Spec.Containers[0].Ports = [new() { ContainerPortNumber = 80, HostPort = 8080, HostIP = one, Protocol = protocol }];
        second.Spec.Containers[0].Ports = [new() { ContainerPortNumber = 80, HostPort = 8080, HostIP = other, Protocol = otherProtocol }];
        Assert.Equal(goes ? "n1" : null, Place(second, [Make.Node("n1")], first).Node);
    }

    [Fact]
    public void Requests_OfInitContainersAndSidecars_AreTheMostNeededAtAnyTime()
    {
        var pod = Make.Pod("p", cpu: "100m");
        pod.Spec.InitContainers =
        [
            With("side", "50m", sidecar: true),
            With("big", "500m", sidecar: false),
            With("late", "30m", sidecar: true),
        ];
        pod.Spec.Overhead["cpu"] = Quantity.Parse("10m");
        Assert.Equal(560, PodDemand.RequestsOf(pod)["cpu"]);
        pod.Spec.InitContainers[1] = With("big", "20m", sidecar: false);
        Assert.Equal(190, PodDemand.RequestsOf(pod)["cpu"]);
    }

    [Fact]
    public void PodAffinity_Required_FollowsThePodItNamesAndTheFirstOfItsKindGoesAnywhere()
    {
        var (a, b) = (Make.Node("n1"), Make.Node("n2"));
        a.Metadata.Labels["zone"] = "one";
        b.Metadata.Labels["zone"] = "two";
        var pod = Make.Pod("p").Labelled("app", "web");
        pod.Spec.Affinity = new() { PodAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = [Term("db", "zone")] } };
        Assert.Equal("0/2 nodes are available: 2 node(s) didn't match pod affinity rules.", Place(pod, [a, b]).Message);
        Assert.Equal("n2", Place(pod, [a, b], Make.Pod("db", node: "n2").Labelled("app", "db")).Node);
        Assert.Null(Place(pod, [a, b], Make.Pod("db", ns: "other", node: "n2").Labelled("app", "db")).Node);

        pod.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution = [Term("web", "zone")];
        Assert.NotNull(Place(pod, [a, b]).Node);
    }

    [Fact]
    public void PodAntiAffinity_OfEitherSide_KeepsThemApart()
    {
        var nodes = new[] { Make.Node("n1"), Make.Node("n2") };
        var shy = Make.Pod("shy").Labelled("app", "web");
        shy.Spec.Affinity = new() { PodAntiAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = [Term("web", "kubernetes.io/hostname")] } };
        Assert.Equal("n2", Place(shy, nodes, Make.Pod("a", node: "n1").Labelled("app", "web")).Node);
        Assert.Equal("0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.", Place(shy, nodes[..1], Make.Pod("a", node: "n1").Labelled("app", "web")).Message);

        shy.Spec.NodeName = "n1";
        Assert.Equal("0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.", Place(Make.Pod("b").Labelled("app", "web"), nodes[..1], shy).Message);
    }

    [Fact]
    public void TopologySpread_HardConstraint_IsNeverExceededAndSaysWhy()
    {
        var nodes = Enumerable.Range(0, 4).Select(i => Make.Node($"n{i}")).ToList();
        nodes[0].Metadata.Labels["zone"] = nodes[1].Metadata.Labels["zone"] = "a";
        nodes[2].Metadata.Labels["zone"] = "b";
        var placed = new List<Pod>();
        for (var i = 0; i < 9; i++)
        {
            var pod = Spread($"p{i}", "DoNotSchedule");
            pod.Spec.NodeName = Place(pod, nodes, placed).Node;
            Assert.NotNull(pod.Spec.NodeName);
            placed.Add(pod);
            var inB = placed.Count(one => one.Spec.NodeName == "n2");
            Assert.InRange(placed.Count - inB - inB, -1, 1);
            Assert.DoesNotContain(placed, one => one.Spec.NodeName == "n3");
        }

        nodes[2].Spec.Unschedulable = true;
        placed.RemoveAll(pod => pod.Spec.NodeName == "n2");
        Assert.Equal(
            "0/4 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable, 2 node(s) didn't match pod topology spread constraints.",
            Place(Spread("late", "DoNotSchedule"), nodes, placed).Message);
        Assert.NotNull(Place(Spread("late", "ScheduleAnyway"), nodes, placed).Node);
    }

    [Fact]
    public void TopologySpread_OtherNamespacesAndTerminatingPods_DoNotCount()
    {
        var (a, b) = (Make.Node("n1"), Make.Node("n2"));
        (a.Metadata.Labels["zone"], b.Metadata.Labels["zone"]) = ("a", "b");
        b.Spec.Unschedulable = true;
        Pod[] placed =
        [
            Make.Pod("other", ns: "other", node: "n1").Labelled("app", "web"), Make.Pod("going", node: "n1").Labelled("app", "web").Terminating(), Make.Pod("else", node: "n1").Labelled("app", "db"),
        ];
        Assert.Equal("n1", Place(Spread("p", "DoNotSchedule"), [a, b], placed).Node);
        Assert.Null(Place(Spread("p", "DoNotSchedule"), [a, b], [.. placed, Make.Pod("same", node: "n1").Labelled("app", "web")]).Node);
    }

    [Fact]
    public void Score_Prefers_TheEmptierNodeThePreferredLabelAndNoTaint()
    {
        var (a, b) = (Make.Node("n1"), Make.Node("n2"));
        Assert.Equal("n2", Place(Make.Pod("p", cpu: "1"), [a, b], Make.Pod("x", node: "n1", cpu: "2")).Node);

        var picky = Make.Pod("p");
        picky.Spec.Affinity = new()
        {
            NodeAffinity = new()
            {
                PreferredDuringSchedulingIgnoredDuringExecution =
                    [new() { Weight = 1, Preference = new() { MatchExpressions = [new() { Key = "kubernetes.io/hostname", Operator = "In", Values = ["n2"] }] } }],
            },
        };
        Assert.Equal("n2", Place(picky, [a, b]).Node);

        a.Spec.Taints.Add(new() { Key = "old", Effect = "PreferNoSchedule" });
        Assert.Equal("n2", Place(Make.Pod("p"), [a, b]).Node);
    }

    [Fact]
    public void Replicas_OfOneOwner_AreSpreadOverNodes()
    {
        var cache = new SchedulerCache();
        foreach (var name in new[] { "n1", "n2", "n3" })
        {
            cache.SetNode(Make.Node(name));
        }

        var places = Enumerable.Range(0, 9).Select(i =>
        {
            var pod = Make.Pod($"p{i}");
            pod.Metadata.OwnerReferences.Add(new() { Kind = "ReplicaSet", Name = "rs", Uid = "rs", Controller = true });
            return cache.Place(pod, NoLabels).Node;
        });
        Assert.All(places.GroupBy(node => node), group => Assert.Equal(3, group.Count()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Cache_UnderAnyHistoryOfLateNews_NeverOvercommits(int seed)
    {
        var random = new Random(seed);
        var cache = new SchedulerCache();
        var nodes = Enumerable.Range(0, 5).Select(i => Make.Node($"n{i}", cpu: $"{random.Next(1, 6)}", memory: $"{random.Next(1, 6)}Gi", pods: $"{random.Next(3, 30)}")).ToList();
        nodes.ForEach(cache.SetNode);

        // The truth that only the API server has, and the news of it that the scheduler has not heard yet.
        var truth = new Dictionary<string, Pod>();
        var news = new Queue<Action>();
        for (var i = 0; i < 600; i++)
        {
            switch (random.Next(5))
            {
                case 0 or 1:
                    var pod = Make.Pod($"p{i}", cpu: $"{random.Next(0, 1500)}m", memory: $"{random.Next(0, 1500)}Mi");
                    if (cache.Place(pod, NoLabels).Node is { } node)
                    {
                        if (random.Next(10) == 0)
                        {
                            // The binding is refused.
                            cache.Forget(pod);
                            break;
                        }

                        var bound = Make.Pod($"p{i}", node: node);
                        bound.Spec.Containers[0].Resources = pod.Spec.Containers[0].Resources;
                        truth[bound.Metadata.Uid!] = bound;
                        news.Enqueue(() => cache.SetPod(pod));
                        news.Enqueue(() => cache.SetPod(bound));
                    }

                    break;
                case 2 when truth.Count > 0:
                    var gone = truth.Values.ElementAt(random.Next(truth.Count));
                    truth.Remove(gone.Metadata.Uid!);
                    news.Enqueue(() => cache.RemovePod(gone));
                    break;
                default:
                    for (var n = random.Next(4); n > 0 && news.TryDequeue(out var heard); n--)
                    {
                        heard();
                    }

                    break;
            }

            foreach (var node in nodes)
            {
                var here = truth.Values.Where(pod => pod.Spec.NodeName == node.Metadata.Name).Select(PodDemand.RequestsOf).ToList();
                Assert.True(here.Sum(requests => requests["cpu"]) <= node.Status.Allocatable["cpu"].MilliValue, $"cpu of {node.Metadata.Name} at {i}");
                Assert.True(here.Sum(requests => requests["memory"]) <= node.Status.Allocatable["memory"].Value, $"memory of {node.Metadata.Name} at {i}");
                Assert.True(here.Count <= node.Status.Allocatable["pods"].Value, $"pods of {node.Metadata.Name} at {i}");
            }
        }

        Assert.True(truth.Count > 0);
    }

    private static Placement Place(Pod pod, IEnumerable<Node> nodes, params IEnumerable<Pod> placed)
    {
        var states = nodes.Select(node =>
        {
            var state = new NodeState();
            state.SetNode(node);
            foreach (var other in placed.Where(other => other.Spec.NodeName == node.Metadata.Name))
            {
                state.Add(new PodDemand(other));
            }

            return state;
        });
        return Placement.Decide(new PodDemand(pod), [.. states], NoLabels);
    }

    private static void Require(Pod pod, NodeSelectorRequirement requirement) => pod.Spec.Affinity = new()
    {
        NodeAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = new() { NodeSelectorTerms = [new() { MatchExpressions = [requirement] }] } },
    };

    private static void Ask(Pod pod, string resource, string amount) =>
        pod.Spec.Containers[0].Resources = new() { Requests = new() { [resource] = Quantity.Parse(amount) } };

    private static Container With(string name, string cpu, bool sidecar) => new()
    {
        Name = name,
        RestartPolicy = sidecar ? "Always" : null,
        Resources = new() { Requests = new() { ["cpu"] = Quantity.Parse(cpu) } },
    };

    private static Pod Spread(string name, string otherwise)
    {
        var pod = Make.Pod(name).Labelled("app", "web");
        pod.Spec.TopologySpreadConstraints.Add(new() { MaxSkew = 1, TopologyKey = "zone", WhenUnsatisfiable = otherwise, LabelSelector = new() { MatchLabels = new() { ["app"] = "web" } } });
        return pod;
    }

    private static PodAffinityTerm Term(string app, string topology) => new() { LabelSelector = new() { MatchLabels = new() { ["app"] = app } }, TopologyKey = topology };
}
