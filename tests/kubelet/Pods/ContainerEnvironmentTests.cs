using Podwire.Kube.Objects;
using Podwire.Kubelet.Pods;

namespace Podwire.Kubelet.Tests.Pods;

public class ContainerEnvironmentTests
{
    private static readonly Dictionary<string, string> Variables = new() { ["A"] = "1", ["B"] = "two" };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$(A)$(B)", "1two")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$1")]
    [InlineData("$(C)", "$(C)")]
    [InlineData("$(A", "$(A")]
    [InlineData("$A $", "$A $")]
    [InlineData("$()", "$()")]
    public void Expansion_FollowsKubernetes(string text, string expected) => Assert.Equal(expected, VariableExpansion.Expand(text, Variables));

    [Fact]
    public void Services_OfTheNamespaceAndTheApi_BecomeVariables()
    {
        Service[] services =
        [
            Service("default", "kubernetes", "10.96.0.1", ("https", 443)),
            Service("shop", "web-front", "10.96.0.7", ("", 80)),
            Service("other", "hidden", "10.96.0.8", ("", 80)),
            Service("shop", "headless", "None", ("", 80)),
        ];
        var variables = ServiceEnvironment.Of(services, "shop", links: true);
        Assert.Equal("10.96.0.1", variables["KUBERNETES_SERVICE_HOST"]);
        Assert.Equal("443", variables["KUBERNETES_SERVICE_PORT_HTTPS"]);
        Assert.Equal("tcp://10.96.0.7:80", variables["WEB_FRONT_PORT_80_TCP"]);
        Assert.Equal("10.96.0.7", variables["WEB_FRONT_PORT_80_TCP_ADDR"]);
        Assert.DoesNotContain(variables.Keys, name => name.StartsWith("HIDDEN", StringComparison.Ordinal) || name.StartsWith("HEADLESS", StringComparison.Ordinal));
        Assert.All(ServiceEnvironment.Of(services, "shop", links: false).Keys, name => Assert.StartsWith("KUBERNETES_", name, StringComparison.Ordinal));
    }

    [Fact]
    public void Environment_LaterSourcesWin()
    {
        var pod = new PodCase().Pod;
        pod.Metadata.Labels["app"] = "x";
        var container = new Container
        {
            Name = "a",
            EnvFrom = [new() { Prefix = "P_", ConfigMapRef = new() { Name = "m" } }, new() { SecretRef = new() { Name = "none", Optional = true } }],
            Env =
            [
                new() { Name = "P_K", Value = "own of $(P_K)" },
                new() { Name = "LABEL", ValueFrom = new() { FieldRef = new() { FieldPath = "metadata.labels['app']" } } },
                new() { Name = "SECRET", ValueFrom = new() { SecretKeyRef = new() { Name = "s", Key = "k" } } },
                new() { Name = "ABSENT", ValueFrom = new() { SecretKeyRef = new() { Name = "s", Key = "no", Optional = true } } },
                new() { Name = "CPU", ValueFrom = new() { ResourceFieldRef = new() { Resource = "limits.cpu" } } },
            ],
        };
        var variables = ContainerEnvironment.Of(pod, container, new()
        {
            Hostname = "p",
            Allocatable = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromValue(2) },
            ConfigMaps = new Dictionary<string, ConfigMap> { ["m"] = new() { Data = { ["K"] = "map" } } },
            Secrets = new Dictionary<string, Secret> { ["s"] = new() { Data = { ["k"] = Convert.ToBase64String("hush"u8) } } },
        });
        Assert.Equal(("own of map", "x", "hush", "2", "p"), (variables["P_K"], variables["LABEL"], variables["SECRET"], variables["CPU"], variables["HOSTNAME"]));
        Assert.False(variables.ContainsKey("ABSENT"));
    }

    [Fact]
    public void Environment_MissingKey_NamesIt()
    {
        var container = new Container { Env = [new() { Name = "X", ValueFrom = new() { ConfigMapKeyRef = new() { Name = "m", Key = "gone" } } }] };
        var error = Assert.Throws<ConfigurationException>(() =>
            ContainerEnvironment.Of(new PodCase().Pod, container, new() { ConfigMaps = new Dictionary<string, ConfigMap> { ["m"] = new() } }));
        Assert.Equal(("CreateContainerConfigError", "couldn't find key gone in configmap \"m\""), (error.Reason, error.Message));
    }

    [Fact]
    public void ResolvConf_ClusterFirst_PutsTheClusterFirst()
    {
        var pod = new PodCase().Pod;
        const string Node = "nameserver 9.9.9.9\nsearch example.org\noptions timeout:2\n";
        Assert.Equal("nameserver 9.9.9.9\nsearch example.org\noptions timeout:2\n", PodHosts.ResolvConf(pod, Node, [], "cluster.local"));
        Assert.Equal(
            "nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local example.org\noptions ndots:5\n",
            PodHosts.ResolvConf(pod, Node, ["10.96.0.10"], "cluster.local"));
        pod.Spec.DnsPolicy = "None";
        pod.Spec.DnsConfig = new() { Nameservers = ["1.1.1.1"], Options = [new() { Name = "ndots", Value = "2" }] };
        Assert.Equal("nameserver 1.1.1.1\noptions ndots:2\n", PodHosts.ResolvConf(pod, Node, ["10.96.0.10"], "cluster.local"));
    }

    [Fact]
    public void Hosts_NameThePodAndItsAliases()
    {
        var pod = new PodCase().Pod;
        (pod.Spec.Hostname, pod.Spec.Subdomain, pod.Spec.HostAliases) = ("h", "sub", [new() { Ip = "1.2.3.4", Hostnames = ["x", "y"] }]);
        var text = PodHosts.Hosts(pod, ["10.0.0.5"], "cluster.local");
        Assert.Contains("10.0.0.5\th.sub.default.svc.cluster.local\th\n", text, StringComparison.Ordinal);
        Assert.EndsWith("1.2.3.4\tx\ty\n", text, StringComparison.Ordinal);
    }

    private static Service Service(string ns, string name, string ip, (string Name, int Port) port) => new()
    {
        Metadata = { Namespace = ns, Name = name },
        Spec = { ClusterIP = ip, Ports = [new() { Name = port.Name, Port = port.Port, Protocol = "TCP" }] },
    };
}
