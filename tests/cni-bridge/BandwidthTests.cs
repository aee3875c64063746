using System.Net;
using System.Net.Sockets;
using Podwire.Cni;
using Podwire.Netlink.Route;

namespace Podwire.CniBridge.Tests;

public class BandwidthTests
{
    // 8 Mbit/s with bursts of 80 kB one way, 16 Mbit/s the other.
    private const string Limits = ",\"ingressRate\":8000000,\"ingressBurst\":640000,\"egressRate\":16000000,\"egressBurst\":640000";

    private static string Chained(Node node, string limits, string version = "1.0.0") =>
        Node.With(Plugins.Config("bandwidth", limits, version), Plugins.Bridged(node, version: version));

    [Fact]
    public void Add_BothDirections_SetsBucketsAndRedirect()
    {
        using var node = new Node();
        var config = Chained(node, Limits);
        var result = node.Add("c1", config, "bandwidth").Succeeds().Json;
        var veth = node.Route.GetLink(node.Veths().Single())!;
        var ifb = node.Route.ListLinks().Single(l => l.Kind == "ifb");
        Assert.Equal("podwire:net/c1/eth0", ifb.Alias);
        Assert.True(ifb.IsUp);
        Assert.Equal(veth.Mtu, ifb.Mtu);
        var told = result.GetProperty("interfaces")[3];
        Assert.Equal(ifb.Name, told.GetProperty("name").GetString());
        Assert.Equal(ifb.Mac.ToString(), told.GetProperty("mac").GetString());
        Assert.Equal(1_000_000UL, Bucket(node, veth)!.Rate);
        Assert.Equal(2_000_000UL, Bucket(node, ifb)!.Rate);
        Assert.Equal(new RedirectFilter(veth.Index, ifb.Index), node.Route.ListRedirects(veth.Index, TrafficHandle.Ingress).Single());
        node.Run("bandwidth", "CHECK", config).Succeeds();
    }

    [Fact]
    public void Add_RuntimeConfig_IsTakenUnlessTheConfigurationHasLimits()
    {
        using var node = new Node();
        const string Runtime = ",\"runtimeConfig\":{\"bandwidth\":{\"ingressRate\":4000000,\"ingressBurst\":640000}}";
        node.Add("c1", Chained(node, Runtime), "bandwidth").Succeeds();
        var veth = node.Route.GetLink(node.Veths().Single())!;
        Assert.Equal(500_000UL, Bucket(node, veth)!.Rate);
        Assert.DoesNotContain(node.Route.ListLinks(), l => l.Kind == "ifb");
        node.Add("c1", Chained(node, Limits + Runtime), "bandwidth").Succeeds();
        Assert.Equal(1_000_000UL, Bucket(node, node.Route.GetLink(node.Veths().Single())!)!.Rate);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"runtimeConfig\":{\"bandwidth\":{}}")]
    [InlineData(",\"ingressRate\":0,\"ingressBurst\":0")]
    public void Add_NoLimits_PassesTheResultOn(string limits)
    {
        using var node = new Node();
        var previous = Plugins.Bridged(node);
        Assert.Equal(previous, node.Add("c1", Node.With(Plugins.Config("bandwidth", limits), previous), "bandwidth").Succeeds().Stdout.Trim());
        Assert.DoesNotContain(node.Route.ListQdiscs(node.Route.GetLink(node.Veths().Single())!.Index), q => q.Kind == "tbf");
    }

    [Theory]
    [InlineData(",\"ingressRate\":8000000", 7)]
    [InlineData(",\"egressBurst\":8000000", 7)]
    [InlineData(",\"ingressRate\":7,\"ingressBurst\":80000", 7)]
    [InlineData(",\"ingressRate\":-8,\"ingressBurst\":80000", 6)]
    [InlineData(",\"ingressRate\":\"8M\",\"ingressBurst\":80000", 6)]
    [InlineData(",\"ingressRate\":8000000,\"ingressBurst\":34359738360", 7)]
    [InlineData(",\"ingressRate\":8000000,\"ingressBurst\":80000,\"shapedSubnets\":[\"10.0.0.0/8\"]", 2)]
    public void Add_WrongInput_ChangesNothing(string limits, int code)
    {
        using var node = new Node();
        node.Add("c1", Chained(node, limits), "bandwidth").Fails(code);
        Assert.DoesNotContain(node.Route.ListLinks(), l => l.Kind == "ifb");
        Assert.DoesNotContain(node.Route.ListQdiscs(node.Route.GetLink(node.Veths().Single())!.Index), q => q.Kind is "tbf" or "ingress");
    }

    [Fact]
    public void Add_NotChained_IsCode7()
    {
        using var node = new Node();
        Assert.Contains("prevResult", node.Add("c1", Plugins.Config("bandwidth", Limits), "bandwidth").Fails(7).Stdout);
        const string Foreign = """{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/x"}],"ips":[],"dns":{}}""";
        node.Add("c1", Node.With(Plugins.Config("bandwidth", Limits), Foreign), "bandwidth").Fails(7);
    }

    [Fact]
    public void Add_FailsHalfWay_TakesTheFirstHalfBack()
    {
        using var node = new Node();
        var config = Chained(node, Limits);
        var veth = node.Route.GetLink(node.Veths().Single())!;

        // Somebody else's filters of incoming traffic: the last step cannot be done.
        node.Route.AddLink(new IfbSpec("other") { Up = true });
        node.Route.AddQdisc(QdiscEntry.Ingress(veth.Index));
        node.Route.AddRedirect(new RedirectFilter(veth.Index, node.Route.GetLink("other")!.Index));
        node.Add("c1", config, "bandwidth").Fails(103);
        Assert.Equal("other", node.Route.ListLinks().Single(l => l.Kind == "ifb").Name);
        Assert.Null(Bucket(node, veth));
        Assert.Single(node.Route.ListRedirects(veth.Index, TrafficHandle.Ingress));
    }

    [Fact]
    public void Add_Again_ReplacesWhatAKilledOneLeft()
    {
        using var node = new Node();
        var config = Chained(node, Limits);
        node.Add("c1", config, "bandwidth").Succeeds();
        node.Add("c1", config, "bandwidth").Succeeds();
        Assert.Single(node.Route.ListLinks(), l => l.Kind == "ifb");
        node.Run("bandwidth", "CHECK", config).Succeeds();
    }

    [Fact]
    public void Add_TwoInterfacesOfOneContainer_HaveAnIfbEach()
    {
        using var node = new Node();
        node.Container("c1");
        foreach (var name in (string[])["eth0", "eth1"])
        {
            var result = node.Run("bridge", "ADD", node.Config(version: "1.0.0"), ifName: name).Succeeds().Stdout;
            node.Run("bandwidth", "ADD", Node.With(Plugins.Config("bandwidth", Limits), result), ifName: name).Succeeds();
        }

        Assert.Equal(["podwire:net/c1/eth0", "podwire:net/c1/eth1"], node.Route.ListLinks().Where(l => l.Kind == "ifb").Select(l => l.Alias!).Order(StringComparer.Ordinal));
        node.Run("bandwidth", "DEL", Plugins.Config("bandwidth", Limits), ifName: "eth0").Succeeds();
        Assert.Equal("podwire:net/c1/eth1", node.Route.ListLinks().Single(l => l.Kind == "ifb").Alias);
        node.Run("bandwidth", "DEL", Plugins.Config("bandwidth", Limits), ifName: "eth1").Succeeds();
        Assert.DoesNotContain(node.Route.ListLinks(), l => l.Kind == "ifb");
    }

    [Fact]
    public void Check_KernelDiffers_IsCode102()
    {
        using var node = new Node();
        var config = Chained(node, Limits);
        node.Add("c1", config, "bandwidth").Succeeds();
        var veth = node.Route.GetLink(node.Veths().Single())!;
        var ifb = node.Route.ListLinks().Single(l => l.Kind == "ifb");
        var ours = node.Route.ListQdiscs(veth.Index).Single(q => q.Kind == "tbf");
        node.Route.EnsureQdisc(ours with { Bucket = ours.Bucket! with { Rate = 500_000 } });
        Assert.Contains("bytes per second", node.Run("bandwidth", "CHECK", config).Fails(102).Stdout);
        node.Route.DeleteQdisc(ours);
        Assert.Contains("no token bucket", node.Run("bandwidth", "CHECK", config).Fails(102).Stdout);
        node.Route.AddQdisc(ours);
        node.Run("bandwidth", "CHECK", config).Succeeds();
        node.Route.DeleteQdisc(QdiscEntry.Ingress(veth.Index));
        Assert.Contains("redirect", node.Run("bandwidth", "CHECK", config).Fails(102).Stdout);
        node.Route.DeleteLink(ifb.Index);
        Assert.Contains("IFB", node.Run("bandwidth", "CHECK", config).Fails(102).Stdout);
    }

    [Fact]
    public void Del_NamespaceGone_RemovesTheIfbAndIsIdempotent()
    {
        using var node = new Node();
        var config = Chained(node, Limits);
        node.Add("c1", config, "bandwidth").Succeeds();
        node.RemoveContainer("c1");
        Assert.Contains(node.Route.ListLinks(), l => l.Kind == "ifb");
        node.Del("c1", Plugins.Config("bandwidth", Limits), "bandwidth").Succeeds();
        Assert.DoesNotContain(node.Route.ListLinks(), l => l.Kind == "ifb");
        node.Del("c1", Plugins.Config("bandwidth", Limits), "bandwidth").Succeeds();
    }

    [Fact]
    public void Gc_CollectsIfbsOfItsNetworkThatAreNotValid()
    {
        using var node = new Node();
        foreach (var container in (string[])["c1", "c2"])
        {
            var result = Plugins.Bridged(node, container, "1.1.0");
            node.Add(container, Node.With(Plugins.Config("bandwidth", Limits, "1.1.0"), result), "bandwidth").Succeeds();
        }

        node.Route.AddLink(new IfbSpec("foreign"));
        node.Run("bandwidth", "GC", Plugins.Config("bandwidth", Limits, "1.1.0")).Fails(7);
        node.Run("bandwidth", "GC", Plugins.Valid(Plugins.Config("bandwidth", version: "1.1.0", name: "other"), "c9")).Succeeds();
        Assert.Equal(3, node.Route.ListLinks().Count(l => l.Kind == "ifb"));
        node.Run("bandwidth", "GC", Plugins.Valid(Plugins.Config("bandwidth", Limits, "1.1.0"), "c2")).Succeeds();
        Assert.Equal(["foreign", "podwire:net/c2/eth0"], node.Route.ListLinks().Where(l => l.Kind == "ifb").Select(l => l.Alias ?? l.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Status_ThisKernel_CanServe()
    {
        using var node = new Node();
        node.Run("bandwidth", "STATUS", Plugins.Config("bandwidth", version: "1.1.0")).Succeeds();
        node.Run("bandwidth", "STATUS", Plugins.Config("bandwidth", ",\"ingressRate\":8", "1.1.0")).Fails(7);
        Assert.DoesNotContain(node.Links(), l => l.StartsWith("probe", StringComparison.Ordinal));
    }

    [Fact]
    public void Add_SameConfiguration_AnswersAndChecksAsTheReference()
    {
        Plugins.NeedReference("bandwidth");
        using var node = new Node();
        var previous = Plugins.Bridged(node);
        var config = Node.With(Plugins.Config("bandwidth", Limits), previous);
        var theirs = Plugins.Comparable(node.Add("c1", config, "bandwidth", path: CniExecutables.ReferencePath), node, "c1");
        var veth = node.Route.GetLink(node.Veths().Single())!;
        var ifb = node.Route.ListLinks().Single(l => l.Kind == "ifb");
        var (theirIngress, theirEgress) = (Bucket(node, veth), Bucket(node, ifb));
        node.Run("bandwidth", "CHECK", config).Succeeds();

        // Ours takes away what theirs made, under the same name.
        node.Del("c1", config, "bandwidth").Succeeds();
        Assert.DoesNotContain(node.Route.ListLinks(), l => l.Kind == "ifb");
        node.Route.DeleteQdisc(QdiscEntry.Ingress(veth.Index));
        node.Route.DeleteQdisc(new QdiscEntry(veth.Index, "tbf") { Handle = TrafficHandle.Of(1, 0) });

        var ours = Plugins.Comparable(node.Add("c1", config, "bandwidth"), node, "c1");
        Assert.Equal(theirs, ours);
        Assert.Equal(theirIngress, Bucket(node, veth));
        Assert.Equal(theirEgress, Bucket(node, node.Route.ListLinks().Single(l => l.Kind == "ifb")));
        node.Run("bandwidth", "CHECK", config, path: CniExecutables.ReferencePath).Succeeds();
        node.Del("c1", config, "bandwidth", CniExecutables.ReferencePath).Succeeds();
        Assert.DoesNotContain(node.Route.ListLinks(), l => l.Kind == "ifb");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Traffic_AboveTheRate_IsDroppedOrWaits(bool ingress)
    {
        using var node = new Node();
        var previous = Plugins.Bridged(node);
        var (container, gateway) = ("10.77.0.2", "10.77.0.1");
        var flood = ingress ? (Host: true, To: container) : (Host: false, To: gateway);
        var free = Flood(node, flood.Host, flood.To);
        Assert.True(free > Sent / 2, $"unlimited, {free} of {Sent} datagrams arrived");

        // 800 kbit/s with a burst of 16 kB: a fiftieth of what is sent in one go fits into the bucket and its queue.
        var direction = ingress ? "ingress" : "egress";
        node.Add("c1", Node.With(Plugins.Config("bandwidth", $",\"{direction}Rate\":800000,\"{direction}Burst\":128000"), previous), "bandwidth").Succeeds();
        var limited = Flood(node, flood.Host, flood.To);
        Assert.True(limited < free / 4, $"limited, {limited} of {Sent} datagrams arrived; unlimited {free}");
        var link = ingress ? node.Route.GetLink(node.Veths().Single())! : node.Route.ListLinks().Single(l => l.Kind == "ifb");
        var counters = node.Route.ListQdiscs(link.Index).Single(q => q.Kind == "tbf").Counters;
        Assert.True(counters.Drops > Sent / 2, $"{counters}");
        Assert.True(counters.Overlimits > 0, $"{counters}");
    }

    private const int Sent = 1000;

    /// <summary>Sends a thousand datagrams of 1 kB at once, and counts how many are there when a moment passes without one.</summary>
    private static int Flood(Node node, bool fromHost, string to)
    {
        var source = fromHost ? node.Host : node.Container("c1");
        var sink = fromHost ? node.Container("c1") : node.Host;

        // The neighbour is known then: while it is asked for only a few datagrams wait.
        BridgeAddTests.Talk(source, sink, to);
        using var receiver = sink.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse(to), 9000)));
        receiver.Client.ReceiveBufferSize = 4 << 20;
        receiver.Client.ReceiveTimeout = 1000;
        using var sender = source.Run(() => new UdpClient(to, 9000));
        var counting = Task.Factory.StartNew(() => Count(receiver.Client), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var payload = new byte[1000];
        for (var i = 0; i < Sent; i++)
        {
            sender.Send(payload);
        }

        return counting.Result;
    }

    private static int Count(Socket receiver)
    {
        var arrived = 0;
        var buffer = new byte[2000];
        try
        {
            while (receiver.Receive(buffer) > 0)
            {
                arrived++;
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            // Nothing more comes.
        }

        return arrived;
    }

    private static TokenBucket? Bucket(Node node, Link link) => node.Route.ListQdiscs(link.Index).SingleOrDefault(q => q.Kind == "tbf")?.Bucket;
}
