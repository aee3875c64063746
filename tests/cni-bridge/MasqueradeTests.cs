using System.Net;
using System.Net.Sockets;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Tests;

/// <summary>ipMasq, by what a peer outside the node sees.</summary>
public class MasqueradeTests
{
    [Theory]
    [InlineData("10.77.0.0/24", "192.0.2.1", "192.0.2.2", 24)]
    [InlineData("fd77::/64", "2001:db8::1", "2001:db8::2", 64)]
    public void Add_OutsideSeesTheNodeAndNeighboursSeeTheContainer(string subnet, string nodeAddress, string outsideAddress, int length)
    {
        using var node = new Node();
        var outside = node.Container("outside");
        node.Route.AddLink(new VethSpec("uplink", "eth0") { Up = true, PeerNamespace = outside });
        node.Route.AddAddress(Address(node.Route, "uplink", nodeAddress, length));
        node.In("outside", s =>
        {
            s.AddAddress(Address(s, "eth0", outsideAddress, length));
            s.SetLink("eth0", new LinkChange { Up = true });
            return true;
        });
        var config = node.Config(",\"isDefaultGateway\":true,\"ipMasq\":true", node.Ipam($"\"subnet\":\"{subnet}\""));
        var first = node.Add("c1", config).Succeeds();
        var second = node.Add("c2", config).Succeeds();
        node.Run("bridge", "CHECK", Node.With(config, first.Stdout)).Succeeds();
        Assert.Equal(nodeAddress, SeenFrom(node.Container("c1"), outside, outsideAddress));
        Assert.Equal(first.Ip, SeenFrom(node.Container("c1"), node.Container("c2"), second.Ip));

        var (table, set) = (new TableId(IpAddress.Parse(outsideAddress).IsV4 ? TableFamily.Ip : TableFamily.Ip6, "podwire-cni-masquerade"), "containers");
        using var nft = NftSocket.Open(node.Host);
        var map = nft.ReadTable(table)!.FindSet(set)!;
        nft.Apply(new NftBatch().DeleteElements(table, map, map.Elements.Single(e => e.Comment == "podwire:net/c1/eth0")));
        Assert.Contains("masqueraded", node.Run("bridge", "CHECK", Node.With(config, first.Stdout)).Fails(102).Stdout);
    }

    [Fact]
    public void Add_ManyAtOnce_TheFirstOnesMakeTheTableTogether()
    {
        using var node = new Node();
        var config = node.Config(",\"ipMasq\":true");
        var names = Enumerable.Range(0, 32).Select(n => $"c{n}").ToList();
        names.ForEach(n => node.Container(n));
        foreach (var answer in names.AsParallel().WithDegreeOfParallelism(16).Select(n => node.Run("bridge", "ADD", config, n)).ToList())
        {
            answer.Succeeds();
        }

        Assert.Equal(32, node.MasqueradeOwners().Length);
        using var nft = NftSocket.Open(node.Host);
        var table = nft.ReadTable(new TableId(TableFamily.Ip, "podwire-cni-masquerade"))!;
        Assert.All(table.Chains, chain => Assert.Single(chain.Rules));
        Assert.Equal(["net-10.77.0.0/24", "postrouting"], table.Chains.Select(c => c.Name));
        node.Run("bridge", "GC", config.TrimEnd()[..^1] + ",\"cni.dev/valid-attachments\":[{\"containerID\":\"c3\",\"ifname\":\"eth0\"}]}").Succeeds();
        Assert.Equal(["podwire:net/c3/eth0"], node.MasqueradeOwners());
    }

    [Fact]
    public void Add_AnAddressWhoseOwnerIsGone_IsTakenOver()
    {
        using var node = new Node();
        var config = node.Config(",\"ipMasq\":true");
        node.Add("c1", config, args: "IP=10.77.0.9").Succeeds();
        File.Delete(Path.Join(node.LeaseFolder, "10.77.0.9"));
        node.Add("c2", config, args: "IP=10.77.0.9").Succeeds();
        Assert.Equal(["podwire:net/c2/eth0"], node.MasqueradeOwners());
        node.Del("c1", config).Succeeds();
        Assert.Equal(["podwire:net/c2/eth0"], node.MasqueradeOwners());
    }

    [Fact]
    public void Add_Backend_IsChosenAndCanChange()
    {
        using var node = new Node();
        var iptables = node.Config(",\"ipMasq\":true,\"ipMasqBackend\":\"iptables\"");
        var first = node.Add("c1", iptables).Succeeds();
        Assert.Empty(node.MasqueradeOwners());
        Assert.Contains("-s 10.77.0.2/32", Iptables.Save(node, "nat"));
        node.Run("bridge", "CHECK", Node.With(iptables, first.Stdout)).Succeeds();
        Iptables.Run(node, "iptables", "-t", "nat", "-F", "POSTROUTING");
        Assert.Contains("masqueraded", node.Run("bridge", "CHECK", Node.With(iptables, first.Stdout)).Fails(102).Stdout);
        var again = node.Add("c1", iptables).Succeeds();
        node.Run("bridge", "CHECK", Node.With(iptables, again.Stdout)).Succeeds();
        node.Add("c2", node.Config(",\"ipMasq\":true,\"ipMasqBackend\":\"nftables\"")).Succeeds();
        Assert.Equal(["podwire:net/c2/eth0"], node.MasqueradeOwners());
        node.Del("c1", node.Config()).Succeeds();
        node.Del("c2", iptables).Succeeds();
        Assert.Empty(Iptables.Save(node, "nat"));
        Assert.Empty(node.MasqueradeOwners());
        node.Add("c3", node.Config(",\"ipMasqBackend\":\"pf\"")).Fails(7);
    }

    [Fact]
    public void Add_IptablesSixteenWide_AllAndThenNothing()
    {
        using var node = new Node();
        var config = node.Config(",\"ipMasq\":true,\"ipMasqBackend\":\"iptables\"", node.Ipam(PortmapNode.Dual));
        var names = Enumerable.Range(0, 32).Select(n => $"c{n}").ToList();
        names.ForEach(n => node.Container(n));
        foreach (var answer in names.AsParallel().WithDegreeOfParallelism(16).Select(n => node.Run("bridge", "ADD", config, n)).ToList())
        {
            answer.Succeeds();
        }

        Assert.Equal(32, Iptables.Save(node, "nat").Split('\n').Count(l => l.StartsWith("-A POSTROUTING -s", StringComparison.Ordinal)));
        foreach (var answer in names.AsParallel().WithDegreeOfParallelism(16).Select(n => node.Run("bridge", "DEL", config, n)).ToList())
        {
            answer.Succeeds();
        }

        Assert.Empty(Iptables.Save(node, "nat"));
        Assert.Empty(Iptables.Save(node, "nat", IpFamily.V6));
    }

    private static AddressEntry Address(RouteSocket socket, string link, string address, int length) =>
        new(socket.GetLink(link)!.Index, new IpPrefix(IpAddress.Parse(address), length)) { Flags = address.Contains(':', StringComparison.Ordinal) ? AddressFlags.NoDad : AddressFlags.None };

    /// <summary>The address that a server sees a client come from.</summary>
    private static string SeenFrom(NetNamespace client, NetNamespace server, string address)
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(address), 7777);
        using var listener = server.Run(() =>
        {
            var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            socket.Listen();
            return socket;
        });
        using var connection = client.Run(() => new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        Assert.True(connection.ConnectAsync(endpoint).Wait(TimeSpan.FromSeconds(5)), $"no connection to {address}");
        using var accepted = listener.Accept();
        return ((IPEndPoint)accepted.RemoteEndPoint!).Address.ToString();
    }
}
