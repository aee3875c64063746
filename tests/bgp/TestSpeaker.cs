using Podwire.Bgp.Session;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>A speaker of a <see cref="TestNetwork"/> and its ends of links.</summary>
internal sealed class TestSpeaker : ISpeakerHost
{
    private readonly TestNetwork network;
    private readonly List<Neighbor> connects = [];
    private readonly List<(Link Link, bool IsFirst)> ends = [];

    public TestSpeaker(TestNetwork network, IpAddress address, uint asn, bool restarting, string? cluster)
    {
        (this.network, Address, Asn) = (network, address, asn);
        Speaker = new BgpSpeaker(
            new SpeakerConfig { Asn = asn, RouterId = address, IsRestarting = restarting, ClusterId = cluster is null ? default : IpAddress.Parse(cluster) }, this, network.Now);
    }

    public IpAddress Address { get; }

    public uint Asn { get; }

    public BgpSpeaker Speaker { get; }

    public List<string> Log { get; } = [];

    /// <summary>While set, nothing is read: the other end's output backs up.</summary>
    public bool IsStalled { get; set; }

    public Neighbor Peer(TestSpeaker other, Func<NeighborConfig, NeighborConfig>? change = null)
    {
        var agreed = new NeighborConfig { Address = other.Address, Asn = other.Asn };
        return Speaker.Add(change?.Invoke(agreed) ?? agreed, network.Now);
    }

    public Neighbor Of(TestSpeaker other) => Speaker.Find(other.Address)!;

    /// <summary>The best routes as text: <c>10.0.0.0/24 via 10.9.0.2</c>.</summary>
    public string[] Best(IpFamily family = IpFamily.V4) =>
        [.. Speaker.AllRoutes(family).Select(entry => $"{entry.Prefix} via {(entry.Routes[0].From.IsNone ? "self" : entry.Routes[0].Attributes.NextHop.ToString())}").Order(StringComparer.Ordinal)];

    public void Connect(Neighbor neighbor) => connects.Add(neighbor);

    public void Close(BgpConnection connection)
    {
        if (connection.Tag is not Link link)
        {
            return;
        }

        // The last octets, a NOTIFICATION most often, still go over.
        while (!connection.PeekOutput().IsEmpty)
        {
            var octets = connection.PeekOutput();
            link.Write(connection, octets.ToArray());
            connection.AdvanceOutput(octets.Length, network.Now);
        }

        link.IsClosed = true;
    }

    public void StateChanged(Neighbor neighbor, SessionState from, SessionState to, string reason) => Log.Add($"{neighbor.Config.Address} {from}->{to}: {reason}");

    public void Report(Neighbor neighbor, string message) => Log.Add($"{neighbor.Config.Address} {message}");

    public void RouteChanged(IpFamily family, IpPrefix prefix) => RouteChanges++;

    public int RouteChanges { get; private set; }

    /// <summary>The process dies: no NOTIFICATION, only closed connections.</summary>
    public void Kill()
    {
        network.Forget(this);
        foreach (var (link, _) in ends)
        {
            link.IsClosed = true;
        }
    }

    /// <summary>One round: read what has come, flush, write what goes. True if anything moved.</summary>
    public bool Step()
    {
        var moved = false;
        foreach (var neighbor in connects.ToArray())
        {
            connects.Remove(neighbor);
            moved = true;
            Open(neighbor);
        }

        foreach (var (link, isFirst) in ends.ToArray())
        {
            moved |= !IsStalled && link.Read(this, isFirst, network);
        }

        Speaker.Flush();
        foreach (var (link, isFirst) in ends.ToArray())
        {
            moved |= link.Send(this, isFirst, network);
        }

        ends.RemoveAll(end => end.Link.IsDone(end.IsFirst));
        return moved;
    }

    private void Open(Neighbor neighbor)
    {
        var link = new Link();
        if (network.Find(neighbor.Config.Address) is not { } other || other.Speaker.Accept(Address, other.Address, network.Now) is not { } theirs)
        {
            Speaker.ConnectFailed(neighbor, "connection refused", network.Now);
            return;
        }

        theirs.Tag = link;
        link.Second = theirs;
        other.ends.Add((link, false));
        if (Speaker.Connected(neighbor, Address, network.Now) is not { } own)
        {
            link.IsClosed = true;
            return;
        }

        own.Tag = link;
        link.First = own;
        ends.Add((link, true));
    }
}
