using Podwire.Netlink.Generic;
using Podwire.Netlink.Ipvs;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Netlink.Tests.Ipvs;

/// <summary>The load balancer of a kernel that has one, cross-checked with ipvsadm(8).</summary>
public class IpvsKernelTests
{
    private static readonly IpvsServiceKey Tcp = new(IpProtocol.Tcp, IpAddress.Parse("10.96.0.1"), 443);
    private static readonly IpvsServiceKey Udp6 = new(IpProtocol.Udp, IpAddress.Parse("fd96::a"), 53);
    private static readonly IpvsServiceKey Sctp = new(IpProtocol.Sctp, IpAddress.Parse("10.96.0.1"), 9);

    [Fact]
    public void Family_ThatNobodyRegistered_IsNotThere_AndTheControllerIs()
    {
        using var node = new Scratch();
        using var generic = GenericSocket.Open(node.Namespace);
        Assert.False(generic.TryGetFamily("no-such-family", out _));
        Assert.True(generic.TryGetFamily("nlctrl", out var controller));
        Assert.Equal(16, controller.Id);
        Assert.Contains("notify", controller.Groups.Keys);
        Assert.Contains(generic.ListFamilies(), family => family.Name == "nlctrl" && family.Id == 16);
        generic.Join(controller, "notify");
        Assert.Throws<ArgumentException>(() => generic.Join(controller, "none"));
        Assert.Equal(generic.TryGetFamily("IPVS", out _), IpvsSocket.TryOpen(node.Namespace, out var socket));
        socket?.Dispose();
    }

    [UmlFact]
    public void Services_WithDestinations_AreAsIpvsadmShowsThem_AndReadBack()
    {
        using var node = new Scratch();
        using var socket = Open(node);
        IpvsService[] services =
        [
            new() { Key = Tcp, Scheduler = "wrr", Flags = IpvsServiceFlags.Persistent, PersistenceSeconds = 10800, Destinations = [Destination("10.244.0.2", 8443), Destination("10.244.0.3", 8443, 0)] },
            new() { Key = Udp6, Scheduler = "mh", Flags = IpvsServiceFlags.SourceHashPort, Destinations = [Destination("fd44::2", 5353)] },
            new() { Key = Sctp },
        ];
        Fill(socket, services);
        var expected = IpvsText.Write(services);
        Assert.Equal(expected, IpvsText.Write(socket.ListAll()));
        Assert.Equal(expected.Split('\n').Order(), Ipvsadm(node, "-Sn").Replace("\r", string.Empty, StringComparison.Ordinal).Split('\n').Select(line => line.TrimEnd()).Order());
        Assert.True(services[0].HasSettingsOf(socket.GetService(Tcp)!));
        Assert.Null(socket.GetService(Tcp with { Port = 1 }));
        Assert.Empty(socket.ListDestinations(Tcp with { Port = 1 }));
    }

    [UmlFact]
    public void Changes_OfServiceAndDestination_AreOneMessageEach()
    {
        using var node = new Scratch();
        using var socket = Open(node);
        Fill(socket, [new() { Key = Tcp, Destinations = [Destination("10.244.0.2", 80), Destination("10.244.0.3", 80)] }]);
        var batch = socket.NewBatch();
        batch.SetService(new() { Key = Tcp, Scheduler = "lc", Flags = IpvsServiceFlags.Persistent, PersistenceSeconds = 60 });
        batch.SetDestination(Tcp, Destination("10.244.0.2", 80, 0));
        batch.DeleteDestination(Tcp, Destination("10.244.0.3", 80));
        Assert.Equal(3, batch.Count);
        socket.Execute(batch);
        Assert.Equal("-A -t 10.96.0.1:443 -s lc -p 60\n-a -t 10.96.0.1:443 -r 10.244.0.2:80 -m -w 0\n", IpvsText.Write(socket.ListAll()));
        batch = socket.NewBatch();
        batch.DeleteService(Tcp);
        socket.Execute(batch);
        Assert.Empty(socket.ListServices());
    }

    [UmlFact]
    public void Refusals_NameServiceAndDestination_AndTheOthersAreCarriedOut()
    {
        using var node = new Scratch();
        using var socket = Open(node);
        Fill(socket, [new() { Key = Tcp, Destinations = [Destination("10.244.0.2", 80)] }]);
        var batch = socket.NewBatch();
        batch.AddService(new() { Key = Tcp });
        batch.AddDestination(Tcp, Destination("10.244.0.2", 80));
        batch.AddDestination(Tcp, Destination("10.244.0.9", 80));
        batch.DeleteDestination(Tcp, Destination("10.244.0.7", 80));
        batch.AddService(new() { Key = Sctp, Scheduler = "absent" });
        var failures = socket.TryExecute(batch);
        Assert.Equal(
            [
                ("add IPVS service tcp 10.96.0.1:443", Errno.EEXIST),
                ("add destination 10.244.0.2:80 of IPVS service tcp 10.96.0.1:443", Errno.EEXIST),
                ("delete destination 10.244.0.7:80 of IPVS service tcp 10.96.0.1:443", Errno.ENOENT),
                ("add IPVS service sctp 10.96.0.1:9", Errno.ENOENT),
            ],
            failures.Select(failure => (failure.Operation, failure.Errno)));
        Assert.Equal(2, socket.ListDestinations(Tcp).Count);
    }

    [UmlFact]
    public void Timeouts_AreAsIpvsadmShowsThem_AndZeroLeavesOneAlone()
    {
        using var node = new Scratch();
        using var socket = Open(node);
        var before = socket.GetTimeouts();
        socket.SetTimeouts(new(600, 0, 30));
        Assert.Equal(new IpvsTimeouts(600, before.TcpFin, 30), socket.GetTimeouts());
        Assert.Contains($"600 {before.TcpFin} 30", Ipvsadm(node, "-L --timeout"), StringComparison.Ordinal);
        Assert.Equal("1.2.1", socket.GetInfo()!.Version);
    }

    [UmlFact]
    public void Namespaces_HaveTheirOwnServices()
    {
        using var node = new Scratch();
        using var other = new Scratch();
        using var socket = Open(node);
        using var elsewhere = Open(other);
        Fill(socket, [new() { Key = Tcp }]);
        Assert.Single(socket.ListServices());
        Assert.Empty(elsewhere.ListServices());
    }

    [UmlFact]
    public void LargeTable_IsReadWhole()
    {
        using var node = new Scratch();
        using var socket = Open(node);
        Fill(socket, Enumerable.Range(0, 300).Select(i => new IpvsService
        {
            Key = new(IpProtocol.Tcp, IpAddress.FromV4(0x0A600000u + (uint)i), 80),
            Destinations = [.. Enumerable.Range(0, i == 0 ? 400 : 1).Select(j => new IpvsDestination(IpAddress.FromV4(0x0AF40000u + (uint)j), 80))],
        }));
        var all = socket.ListAll();
        Assert.Equal(300, all.Count);
        Assert.Equal(400, all.Max(service => service.Destinations.Count));
    }

    [UmlFact]
    public void Dummy_IsMadeAndCarriesAddresses()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new DummySpec("kube-ipvs0"));
        var link = route.GetLink("kube-ipvs0")!;
        Assert.Equal(DummySpec.KindName, link.Kind);
        route.AddAddress(new(link.Index, IpPrefix.Host(Tcp.Address)));
        Assert.Contains("10.96.0.1/32", node.Ip("-4 address show dev kube-ipvs0"), StringComparison.Ordinal);
    }

    private static IpvsSocket Open(Scratch node)
    {
        // A namespace without any route calls every address a broadcast one, which IPVS refuses as a destination.
        node.Ip("link set lo up");
        return IpvsSocket.TryOpen(node.Namespace, out var socket) ? socket : throw new InvalidOperationException("no IPVS in this kernel");
    }

    private static IpvsDestination Destination(string address, ushort port, int weight = 1) => new(IpAddress.Parse(address), port, weight);

    private static void Fill(IpvsSocket socket, IEnumerable<IpvsService> services)
    {
        var batch = socket.NewBatch();
        foreach (var service in services)
        {
            batch.AddService(service);
            foreach (var destination in service.Destinations)
            {
                batch.AddDestination(service.Key, destination);
            }
        }

        socket.Execute(batch);
    }

    private static string Ipvsadm(Scratch node, string arguments) => Scratch.Run("ip", ["netns", "exec", node.Name, "ipvsadm", .. arguments.Split(' ')]);
}
