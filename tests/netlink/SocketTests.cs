using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Netlink.Tests;

public class SocketTests
{
    [Fact]
    public void Dump_OfManyParts_IsReadWhole()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var batch = new RouteBatch();
        for (var i = 0; i < 3000; i++)
        {
            batch.AddRoute(new RouteEntry(IpPrefix.Host(IpAddress.FromV4(0x0A000000u + (uint)i))) { Type = RouteType.Blackhole });
        }

        Assert.Empty(route.TryExecute(batch));
        Assert.Equal(3000, route.ListRoutes(IpFamily.V4).Count);
        Assert.Equal(3000, node.IpJson("route show").Count);
    }

    [Fact]
    public void Dump_WhileLinksChange_IsBegunAnewUntilItIsConsistent()
    {
        using var node = new Scratch();
        using var reader = RouteSocket.Open(node.Namespace);
        using var writer = RouteSocket.Open(node.Namespace);
        var batch = new RouteBatch();
        for (var i = 0; i < 60; i++)
        {
            batch.AddLink(new VethSpec($"a{i}", $"b{i}"));
        }

        writer.Execute(batch);
        using var stop = new CancellationTokenSource();
        var churn = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                writer.AddLink(new VethSpec("moving0", "moving1"));
                writer.DeleteLink("moving0");
                Thread.Sleep(1);
            }
        });
        churn.Start();
        try
        {
            // Until a dump was interrupted at least once: the kernel marks it, and what is returned must be whole all the same.
            for (var round = 0; round < 2000 && (reader.Socket.InterruptedDumps == 0 || round < 20); round++)
            {
                var names = Names(reader);
                Assert.Equal(121, names.Count);
                Assert.Equal(121, names.Distinct().Count());
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }

        Assert.NotEqual(0, reader.Socket.InterruptedDumps);

        static List<string> Names(RouteSocket socket)
        {
            while (true)
            {
                try
                {
                    return [.. socket.ListLinks().Select(link => link.Name).Where(name => !name.StartsWith("moving", StringComparison.Ordinal))];
                }
                catch (NetlinkException e) when (e.Errno == Errno.EINTR)
                {
                    // Eight times in a row: what the caller is told, and may try again.
                }
            }
        }
    }

    [Fact]
    public void Batch_OneRefused_NamesItAndCarriesOutTheOthers()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var batch = new RouteBatch();
        for (var i = 0; i < 600; i++)
        {
            batch.AddRoute(new RouteEntry(IpPrefix.Host(IpAddress.FromV4(0x0A000000u + (uint)(i == 555 ? 3 : i)))) { Type = RouteType.Blackhole });
        }

        var failure = Assert.Single(route.TryExecute(batch));
        Assert.Equal(Errno.EEXIST, failure.Errno);
        Assert.Equal("add route Blackhole 10.0.0.3/32", failure.Operation);
        Assert.Equal(599, route.ListRoutes(IpFamily.V4).Count);
    }

    [Fact]
    public void Execute_BadAttribute_SaysWhichAndWhere()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var error = Assert.Throws<NetlinkException>(() =>
        {
            var writer = new NetlinkWriter(stackalloc byte[256]);
            writer.BeginMessage(24, NetlinkFlags.Create);
            writer.Header(new Interop.RtMsg { Family = 2, DestinationLength = 24, Table = 254, Type = 1 });
            writer.Address(1, IpAddress.Parse("10.0.0.0"));
            writer.UInt16(4, 1);
            writer.EndMessage();
            route.Socket.Execute(writer.Written, "add route");
        });
        Assert.Contains(error.Errno, new[] { Errno.EINVAL, Errno.ERANGE });
        Assert.Equal(4, error.AttributeType);
        Assert.Equal(16 + 12 + 8, error.AttributeOffset);
    }

    [Fact]
    public void Socket_OpenedInNamespace_StaysThere()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        Assert.Equal(["lo"], route.ListLinks().Select(link => link.Name));
        Assert.False(node.Namespace.IsCurrent());
    }

    [Fact]
    public void Monitor_ReportsEachKind()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        using var monitor = RouteMonitor.Open(node.Namespace, RouteGroups.Link | RouteGroups.AddressV4 | RouteGroups.RouteV4 | RouteGroups.Neighbour | RouteGroups.RuleV4);
        node.Ip("link add flannel.1 up type vxlan id 1 dstport 8472 local 127.0.0.1 nolearning");
        var index = route.GetLink("flannel.1")!.Index;
        node.Ip("address add 10.244.0.0/32 dev flannel.1");
        node.Ip("neigh add 10.244.1.0 lladdr ee:00:00:00:00:02 nud permanent dev flannel.1");
        Scratch.Run("bridge", "-n", node.Name, "fdb", "append", "ee:00:00:00:00:02", "dev", "flannel.1", "dst", "10.89.0.12");
        node.Ip("route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink");
        node.Ip("rule add from 10.0.0.0/8 table 100 priority 9");
        node.Ip("route del 10.244.1.0/24");
        node.Ip("link del flannel.1");

        var seen = new List<RouteNotification>();
        while (!seen.Any(n => n is RouteNotification.OfLink { Removed: true }))
        {
            Assert.True(monitor.Read(seen, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        }

        Assert.Contains(seen, n => n is RouteNotification.OfLink { Removed: false, Link.Name: "flannel.1" });
        Assert.Contains(seen, n => n is RouteNotification.OfAddress { Removed: false } a && a.Address.Prefix == IpPrefix.Parse("10.244.0.0/32"));
        Assert.Contains(seen, n => n is RouteNotification.OfNeighbour { Removed: false } a && a.Neighbour.Address == IpAddress.Parse("10.244.1.0"));
        Assert.Contains(seen, n => n is RouteNotification.OfFdb { Removed: false } a && a.Entry.Remote == IpAddress.Parse("10.89.0.12"));
        Assert.Contains(seen, n => n is RouteNotification.OfRoute { Removed: false } a && a.Route.InterfaceIndex == index && a.Route.OnLink);
        Assert.Contains(seen, n => n is RouteNotification.OfRoute { Removed: true } a && a.Route.Destination == IpPrefix.Parse("10.244.1.0/24"));
        Assert.Contains(seen, n => n is RouteNotification.OfRule { Removed: false, Rule.Priority: 9 });
    }

    [Fact]
    public void Monitor_Overflowed_SaysThatNotificationsWereLost()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        using var monitor = RouteMonitor.Open(node.Namespace, RouteGroups.RouteV4);
        var batch = new RouteBatch();
        for (var i = 0; i < 20000; i++)
        {
            batch.AddRoute(new RouteEntry(IpPrefix.Host(IpAddress.FromV4(0x0A000000u + (uint)i))) { Type = RouteType.Blackhole });
        }

        route.Execute(batch);
        var seen = new List<RouteNotification>();
        Assert.True(monitor.Read(seen, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Contains(seen, n => n is RouteNotification.Lost);
    }

    [Fact]
    public void Monitor_Cancelled_StopsWaiting()
    {
        using var node = new Scratch();
        using var monitor = RouteMonitor.Open(node.Namespace, RouteGroups.Link);
        using var stop = new CancellationTokenSource();
        using var timer = new Timer(_ => stop.Cancel(), null, 50, Timeout.Infinite);
        var seen = new List<RouteNotification>();
        Assert.False(monitor.Read(seen, Timeout.InfiniteTimeSpan, stop.Token));
        Assert.Empty(seen);
        Assert.False(monitor.Read(seen, TimeSpan.Zero, CancellationToken.None));
    }
}
