using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Podwire.Netlink.Conntrack;
using Podwire.NetPolicy.Domains;
using Podwire.NetPolicy.Explain;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Tests.Domains;
using Podwire.NetPolicy.Tests.Model;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>Real connections between two nodes' pods, the nodes and the world, each compared with what the API says. The same for every back end.</summary>
public abstract class ReachabilityTests(TestCluster cluster) : IAsyncLifetime
{
    private bool hasServices;

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        // However the test ended, the next one finds none of this.
        cluster.DeletePolicies();
        if (hasServices)
        {
            cluster.Run("n1", "nft delete table ip services");
        }

        return default;
    }

    /// <summary>How many sets of peers a node has in the kernel.</summary>
    internal abstract int PeerSetCount(string node);

    /// <summary>What would have to be sent to a node's kernel for it to be what a model says that is made anew.</summary>
    internal abstract string Difference(string node);

    /// <summary>True if answers of the resolver are held until what they say is in force.</summary>
    internal abstract bool IsHeld { get; }

    /// <summary>True if a node has rules that hand over answers of the resolver.</summary>
    internal abstract bool IsObserving(string node);

    [Theory]
    [InlineData("""{"podSelector":{}}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Ingress","Egress"]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Egress"]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{}],"egress":[{}]}""")]
    [InlineData("""{"podSelector":{"matchLabels":{"app":"web"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"db"}}}]}]}""")]
    [InlineData("""{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"y"}}}],"ports":[{"port":80}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{"matchExpressions":[{"key":"env","operator":"NotIn","values":["test"]}]},"podSelector":{"matchLabels":{"app":"web"}}}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"from":[{"podSelector":{}}],"ports":[{"port":"http"}]}]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Egress"],"egress":[{"to":[{"namespaceSelector":{}}],"ports":[{"port":"http"}]}]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Egress"],"egress":[{"to":[{"ipBlock":{"cidr":"0.0.0.0/0","except":["10.244.2.0/31"]}},{"ipBlock":{"cidr":"fd00::/8","except":["fd44:2::2/128"]}}],"ports":[{"port":"http"},{"port":443}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"ports":[{"port":80,"endPort":85},{"port":80,"protocol":"UDP"}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"ports":[{"protocol":"UDP"}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.244.1.3/32","10.89.0.99/32"]}},{"ipBlock":{"cidr":"10.244.1.3/32"}},{"ipBlock":{"cidr":"fd89::/64"}}]}]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"ipBlock":{"cidr":"10.89.0.12/32"}}]}],"egress":[{"to":[{"ipBlock":{"cidr":"0.0.0.0/0"}},{"ipBlock":{"cidr":"::/0"}}],"ports":[{"port":443}]}]}""")]
    [InlineData("""{"podSelector":{"matchExpressions":[{"key":"a","operator":"Near"}]},"ingress":[{}]}""")]
    public async Task Policy_OfEveryKind_LetsThroughWhatTheApiSays(string spec)
    {
        cluster.SetPolicy("x", "p", spec);

        await cluster.AgreesAsync(spec);
    }

    [Theory]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[{"pods":{"podSelector":{"matchLabels":{"app":"db"}}}}]}],"egress":[{"action":"Deny","to":[{"networks":["10.89.0.0/24"]}],"protocols":[{"tcp":{"destinationPort":{"range":{"start":80,"end":85}}}}]}]}""")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Accept","from":[{"namespaces":{"matchLabels":{"env":"test"}}}],"protocols":[{"tcp":{"destinationPort":{"number":443}}}]},{"action":"Pass","from":[{"namespaces":{}}],"protocols":[{"tcp":{}}]},{"action":"Deny","from":[{"namespaces":{}}]}]}""")]
    [InlineData("""{"tier":"Baseline","priority":1,"subject":{"namespaces":{}},"egress":[{"action":"Accept","to":[{"nodes":{"matchLabels":{"role":"n2"}}}]},{"action":"Deny","to":[{"networks":["0.0.0.0/0","::/0"]}]}]}""")]
    public async Task ClusterPolicy_BesideANamespacedOne_LetsThroughWhatTheApiSays(string spec)
    {
        cluster.SetClusterPolicy("c", spec);
        cluster.SetPolicy("x", "p", """{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{}}],"ports":[{"port":80}]}],"egress":[{"to":[{"namespaceSelector":{}}]}]}""");

        await cluster.AgreesAsync(spec);
    }

    [Fact]
    public async Task History_OfPodsNamespacesAndPolicies_IsFollowed()
    {
        cluster.SetPolicy("x", "p", """{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}},{"namespaceSelector":{"matchLabels":{"team":"red"}}}],"ports":[{"port":"http"},{"port":443}]}],"egress":[{"to":[{"namespaceSelector":{"matchLabels":{"team":"red"}}},{"podSelector":{}}]}]}""");
        await cluster.AgreesAsync("a policy");
        cluster.SetNamespace("y", "team=red");
        await cluster.AgreesAsync("a namespace is labelled", IpFamily.V4);
        cluster.SetPod("x", "a2", "app=web", "http/TCP/443");
        await cluster.AgreesAsync("a pod is relabelled and names another port", IpFamily.V4);
        cluster.SetPod("x", "b1", "app=web", phase: "Succeeded");
        cluster.SetPod("y", "b1", "app=heir", name: "heir", created: 5);
        await cluster.AgreesAsync("a finished pod's address is another's");
        cluster.SetPod("x", "a1", "app=web", spec: ""","hostNetwork":true""");
        await cluster.AgreesAsync("a pod in the node's network is matched by nothing", IpFamily.V4);
        cluster.SetPolicy("x", "p", """{"podSelector":{"matchLabels":{"app":"web"}},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"team":"red"}}}]}]}""");
        await cluster.AgreesAsync("the policy is another", IpFamily.V4);
        cluster.DeletePod("y", "heir");
        cluster.SetPod("x", "b1", "app=web tier=back", "http/TCP/81 dns/UDP/80");
        cluster.SetPod("x", "a1", "app=web tier=front", "http/TCP/80");
        cluster.SetPod("x", "a2", "app=db", "http/TCP/8080");
        cluster.SetNamespace("y");
        await cluster.AgreesAsync("all as before", IpFamily.V4);
        cluster.DeletePolicies();
        await cluster.AgreesAsync("no policy", IpFamily.V4);
        await TestCluster.EventuallyAsync(() => Task.FromResult(PeerSetCount("n1") == 0), "no trace of any policy is left");
    }

    [Fact]
    public async Task DomainName_OfAClusterPolicy_IsFollowedByItsTimeToLive()
    {
        using var dns = new DnsServer(cluster["ext"], 53);
        dns.SetAlias("www.test", 300, "svc.test");
        dns.Set("svc.test", 1, "10.244.2.3", "fd44:2::3");
        cluster.SetClusterPolicy("c", """{"tier":"Admin","priority":1,"subject":{"namespaces":{"matchLabels":{"kubernetes.io/metadata.name":"x"}}},"egress":[{"action":"Accept","to":[{"domainNames":["WWW.test."]}],"protocols":[{"tcp":{"destinationPort":{"number":80}}}]},{"action":"Deny","to":[{"networks":["0.0.0.0/0","::/0"]}]}]}""");

        await ReachesAsync("b2", true);
        await ReachesAsync("a3", false);
        dns.IsShort = true;
        dns.Set("svc.test", 1, "10.244.1.4", "fd44:1::4");
        await ReachesAsync("a3", true);
        await ReachesAsync("b2", false);
        Assert.False(await cluster.ConnectsAsync("a1", cluster.Hosts["a3"].V4, 443, 300));
        dns.IsSilent = true;
        Assert.True(await cluster.ConnectsAsync("a1", cluster.Hosts["a3"].V4, 80));
        cluster.DeletePolicies();
        await ReachesAsync("b2", true);

        async Task ReachesAsync(string host, bool isOpen)
        {
            await TestCluster.EventuallyAsync(async () => await cluster.ConnectsAsync("a1", cluster.Hosts[host].V4, 80, 500) == isOpen, $"{host}: {isOpen}");
            await TestCluster.EventuallyAsync(async () => await cluster.ConnectsAsync("a1", cluster.Hosts[host].V6, 80, 500) == isOpen, $"{host} by IPv6: {isOpen}");
        }
    }

    [Fact]
    public async Task Wildcard_OfAClusterPolicy_AcceptsWhatTheResolverAnsweredToItsPods()
    {
        using var dns = new DnsServer(cluster["ext"], 53);
        using var other = new DnsServer(cluster["n2"], 53);
        using var pod = new DnsServer(cluster["a3"], 5353);
        var (b1, b2) = (cluster.Hosts["b1"], cluster.Hosts["b2"]);
        dns.SetAlias("one.wild.test", 300, "elsewhere.net");
        dns.Set("elsewhere.net", 300, $"{b2.V4}", $"{b2.V6}");
        dns.Set("wild.test", 300, $"{b1.V4}");
        dns.Set("wild.test.net", 300, $"{b1.V4}");
        other.Set("evil.wild.test", 300, $"{b1.V4}");
        hasServices = true;
        cluster.Run("n1", "nft add table ip services; nft add chain ip services pre '{ type nat hook prerouting priority dstnat; }'; nft add rule ip services pre ip daddr 10.96.0.10 udp dport 53 dnat to 10.244.1.4:5353");
        cluster.SetClusterPolicy("c", """{"tier":"Admin","priority":1,"subject":{"namespaces":{"matchLabels":{"kubernetes.io/metadata.name":"x"}}},"egress":[{"action":"Accept","to":[{"domainNames":["*.Wild.test."]}],"protocols":[{"tcp":{"destinationPort":{"number":80}}}]},{"action":"Accept","to":[{"networks":["10.89.0.99/32","10.89.0.12/32","10.244.1.4/32"]}]},{"action":"Deny","to":[{"networks":["0.0.0.0/0","::/0"]}]}]}""");
        await ClosedAsync("b2");
        await TestCluster.EventuallyAsync(() => Task.FromResult(IsObserving("n1")), "answers are looked at");

        // What the resolver answers counts, whatever alias it is behind; where the answer is held, from the very first packet on.
        await OpenAsync("b2", await AskAsync("10.89.0.99", "ONE.wild.test", b2.V4, b2.V6));
        Assert.True(await cluster.ConnectsAsync("a1", b2.V6, 80));
        Assert.False(await cluster.ConnectsAsync("a1", b2.V4, 443, 300));

        // Other names do not, nor another resolver's answers.
        await AskAsync("10.89.0.99", "wild.test", b1.V4);
        await AskAsync("10.89.0.99", "wild.test.net", b1.V4);
        await AskAsync("10.89.0.12", "evil.wild.test", b1.V4);
        Assert.False(await cluster.ConnectsAsync("a1", b1.V4, 80, 300));

        // What conntrack knows of tests before this one keeps addresses in force.
        using (var conntrack = ConntrackSocket.Open(cluster["n1"]))
        {
            conntrack.DeleteWhere(new(IpFamily.V4), static _ => true);
        }

        // Over TCP, where the answer does not fit: until its time is over, or the connections that are there are. Where the machine is slow that may be before the first one.
        var nobody = IpAddress.Parse("10.244.2.77");
        dns.Set("two.wild.test", 1, $"{b1.V4}", $"{nobody}");
        dns.IsShort = true;
        Socket? connection = null;
        await TestCluster.EventuallyAsync(
            async () =>
            {
                await AskAsync("10.89.0.99", "two.wild.test", b1.V4, nobody);
                return (connection = await cluster.ConnectAsync("a1", b1.V4, 80, 900)) is not null;
            },
            "b1");
        using (connection)
        {
            await TestCluster.EventuallyAsync(() => Task.FromResult(IsKept("n1", b1.V4)), "b1 is known");
            // An attempt that nobody answers is no connection, though conntrack remembers it for minutes.
            Assert.False(await cluster.ConnectsAsync("a1", nobody, 80, 100));
            await Task.Delay(1500, TestContext.Current.CancellationToken);
            await connection!.SendAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.Equal(1, await connection.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
            connection.Close(0);
        }

        // Nobody may try meanwhile: whoever has a connection when the enforcer looks, this test too, keeps the address in force.
        await TestCluster.EventuallyAsync(() => Task.FromResult(!IsKept("n1", b1.V4) && !IsKept("n1", nobody)), "b1 is forgotten");
        await ClosedAsync("b1");

        // A resolver that is a pod on the same bridge, behind the address of a Service and another port.
        pod.Set("three.wild.test", 300, $"{b1.V4}");
        await OpenAsync("b1", await AskAsync("10.96.0.10", "three.wild.test", b1.V4));

        // What was known is known to the next process.
        await cluster.StopAsync();
        await cluster.StartAsync("n1");
        await cluster.StartAsync("n2");
        Assert.True(await cluster.ConnectsAsync("a1", b2.V4, 80) && await cluster.ConnectsAsync("a1", b1.V4, 80));

        // More than are kept of a wildcard.
        for (var i = 0; i < 9; i++)
        {
            string[] many = [.. Enumerable.Range(0, 500).Select(at => $"198.18.{(2 * i) + (at / 250)}.{at % 250}")];
            dns.Set($"many{i}.wild.test", 300, many);
            await AskAsync("10.89.0.99", $"many{i}.wild.test", Array.ConvertAll(many, static one => IpAddress.Parse(one)));
        }

        await cluster.TellsAsync("DomainOverflow n1: *.wild.test has more than 4096 addresses");
        await cluster.MeasuresAsync("n1", "^podwire_netpolicy_observed_addresses_dropped_total(\\{.*\\})? [1-9]");
        cluster.DeletePolicies();
        await TestCluster.EventuallyAsync(() => Task.FromResult(!IsObserving("n1")), "nobody is observed any more");

        bool IsKept(string node, IpAddress address) => File.Exists(cluster.DomainsOf(node)) && File.ReadAllText(cluster.DomainsOf(node)).Contains($" {address} ", StringComparison.Ordinal);

        Task ClosedAsync(string host) => TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a1", cluster.Hosts[host].V4, 80, 300), $"{host} is closed");

        // How long the answer took.
        async Task<TimeSpan> AskAsync(string server, string name, params IpAddress[] expected)
        {
            var began = Stopwatch.StartNew();
            var answered = new List<IpAddress>();
            foreach (var type in Array.Exists(expected, static address => !address.IsV4) ? [DnsType.A, DnsType.Aaaa] : (DnsType[])[DnsType.A])
            {
                await TestCluster.EventuallyAsync(async () => await DnsServer.AskAsync(cluster["a1"], server, name, type, answered), $"an answer about {name}");
            }

            Assert.True(expected.AsSpan().SequenceEqual(answered.ToArray()), name);
            return began.Elapsed;
        }

        // An answer is held for a second at most.
        async Task OpenAsync(string host, TimeSpan answered)
        {
            using var first = await cluster.ConnectAsync("a1", cluster.Hosts[host].V4, 80, 3000);
            Assert.True(!IsHeld || answered > TimeSpan.FromSeconds(1) || TestCluster.Retransmissions(first) == 0, $"{host} at once");
            await TestCluster.EventuallyAsync(() => cluster.ConnectsAsync("a1", cluster.Hosts[host].V4, 80, 500), $"{host}");
        }
    }

    [Fact]
    public async Task Probe_BesideTheObjects_FindsWhatTheyDoNotSayAndShowsCounters()
    {
        cluster.SetPolicy("x", "p", """{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"tier":"front"}}}],"ports":[{"port":80},{"port":8080}]}]}""");
        await cluster.AgreesAsync("a policy", IpFamily.V4);
        // Other clusters on the machine may have the same addresses.
        using var machine = MachineNamespaces.Of(cluster.Hosts.Keys.Select(host => cluster[host].Path));
        var reading = new PolicyReading(new() { Pods = cluster.Pods.ToDictionary(pair => pair.Key, pair => (PodRecord?)pair.Value), Namespaces = cluster.NamespaceLabels.ToDictionary(pair => pair.Key, pair => (LabelSet?)pair.Value), Policies = cluster.Policies.ToDictionary(pair => pair.Key, pair => (PolicyRecord?)pair.Value) });
        var output = new StringWriter();

        Assert.Equal(0, PolicyCommand.Matrix(reading, "x", "80", output, machine));
        Assert.Contains("a1      -  .   .   1", output.ToString());
        Assert.Contains("b1     .   x    -  3", output.ToString());
        Assert.Equal(0, PolicyCommand.Matrix(reading, "x", "999/udp", TextWriter.Null, machine));
        Assert.Equal(1, PolicyCommand.Explain(reading, "x/b1", "x/a2:80", output, machine));
        Assert.Matches(@"kernel: chain (in-[0-9a-f]{16}|KUBE-NWPLCY-p[A-Z2-7]{15}) denied [1-9][0-9]* packets of it, [1-9][0-9]* in all", output.ToString());
        Assert.Contains("probe: did not come through\n", output.ToString());
        output = new();
        Assert.Equal(1, PolicyCommand.Explain(reading, "x/b1", "x/a2:80", output, machine, isProbed: false));
        Assert.Matches(@"kernel: chain (in-[0-9a-f]{16}|KUBE-NWPLCY-p[A-Z2-7]{15}) has denied [1-9][0-9]* packets since it was written", output.ToString());
        Assert.DoesNotContain("probe:", output.ToString());

        // The objects say one thing, the kernel does another: a node whose enforcer is not told.
        var other = new PolicyReading(new() { Pods = cluster.Pods.ToDictionary(pair => pair.Key, pair => (PodRecord?)pair.Value), Namespaces = cluster.NamespaceLabels.ToDictionary(pair => pair.Key, pair => (LabelSet?)pair.Value) });
        output = new();
        Assert.Equal(1, PolicyCommand.Matrix(other, "x", "80", output, machine));
        Assert.Contains("b1     .   .!   -  3", output.ToString());
        Assert.Equal(1, PolicyCommand.Explain(other, "x/b1", "x/a2:80", output, machine));
        Assert.Contains("probe: did not come through, though the objects allow it", output.ToString());
    }

    [Fact]
    public async Task Kernel_AfterPoliciesOfEveryKind_HoldsWhatTheModelSays()
    {
        cluster.SetPolicy("x", "p", """{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{}},{"ipBlock":{"cidr":"0.0.0.0/0","except":["10.0.0.0/8"]}},{"ipBlock":{"cidr":"::/0"}}],"ports":[{"port":80,"endPort":90},{"port":"http"}]}],"egress":[{}]}""");
        cluster.SetClusterPolicy("c", """{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[{"pods":{"podSelector":{"matchLabels":{"app":"db"}}}}]}]}""");
        await cluster.AgreesAsync("policies");

        Assert.Equal(string.Empty, Difference("n1"));
    }
}
