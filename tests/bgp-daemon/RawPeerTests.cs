namespace Podwire.BgpDaemon.Tests;

/// <summary>What proper speakers do not do: malformed messages, crowds, neighbours that do not read.</summary>
public class RawPeerTests
{
    private const string Range = """
        "dynamicNeighbors": [{"prefix": "10.99.0.0/16", "asn": 64512, "routeReflectorClient": true, "families": ["ipv4"]}]
        """;

    /// <summary>Attributes that are wrong in one way each, after RFC 7606: the routes go, the session stays.</summary>
    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "origin of a value that is none", [0x40, 1, 1, 9, 0x40, 2, 0, 0x40, 3, 4, 10, 99, 1, 1, 0x40, 5, 4, 0, 0, 0, 100] },
        { "origin of two octets", [0x40, 1, 2, 0, 0, 0x40, 2, 0, 0x40, 3, 4, 10, 99, 1, 1, 0x40, 5, 4, 0, 0, 0, 100] },
        { "origin missing", [0x40, 2, 0, 0x40, 3, 4, 10, 99, 1, 1, 0x40, 5, 4, 0, 0, 0, 100] },
        { "next hop missing", [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 5, 4, 0, 0, 0, 100] },
        { "next hop of three octets", [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 3, 10, 99, 1, 0x40, 5, 4, 0, 0, 0, 100] },
        { "local preference of three octets", [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 10, 99, 1, 1, 0x40, 5, 3, 0, 0, 100] },
        { "a path segment beyond the attribute", [0x40, 1, 1, 0, 0x40, 2, 3, 2, 5, 1, 0x40, 3, 4, 10, 99, 1, 1, 0x40, 5, 4, 0, 0, 0, 100] },
        { "communities of five octets", [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 10, 99, 1, 1, 0x40, 5, 4, 0, 0, 0, 100, 0xc0, 8, 5, 0, 0, 0, 0, 0] },
        { "originator of three octets", [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 10, 99, 1, 1, 0x40, 5, 4, 0, 0, 0, 100, 0x80, 9, 3, 1, 1, 1] },
        { "cluster list of five octets", [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 10, 99, 1, 1, 0x40, 5, 4, 0, 0, 0, 100, 0x80, 10, 5, 1, 1, 1, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Update_MalformedAttribute_WithdrawsTheRouteAndKeepsTheSession(string what, byte[] attributes)
    {
        using var lab = new Lab(2);
        lab.WriteConfig(Range);
        lab.StartDaemon();
        using var sender = new RawPeer(lab.PathOf(1), "10.99.1.1").Open();
        using var reader = new RawPeer(lab.PathOf(2), "10.99.1.2").Open();
        sender.Send(RawPeer.Update(sender.Attributes(), [.. RawPeer.Host(10, 1, 0, 1), .. RawPeer.Host(10, 1, 0, 2)]));
        reader.ReadUntil(() => reader.Prefixes.Count == 2);
        sender.Send(RawPeer.Update(attributes, RawPeer.Host(10, 1, 0, 1)));
        reader.ReadUntil(() => reader.Prefixes.Count == 1);
        Assert.Contains("10.1.0.2/32", reader.Prefixes);
        Assert.True(lab.IsUp(1), what);
        Assert.Equal(1, (int)lab.Neighbor(1)!["treatedAsWithdraw"]!);
    }

    [Theory]
    [InlineData(9, "10.99.0.1")]
    [InlineData(10, "10.99.0.1")]
    public void Update_OriginatorOrClusterOurs_IsALoopAndNotTold(byte attribute, string address)
    {
        using var lab = new Lab(2);
        lab.WriteConfig(Range);
        lab.StartDaemon();
        using var sender = new RawPeer(lab.PathOf(1), "10.99.1.1").Open();
        using var reader = new RawPeer(lab.PathOf(2), "10.99.1.2").Open();
        sender.Send(RawPeer.Update([.. sender.Attributes(), 0x80, attribute, 4, .. System.Net.IPAddress.Parse(address).GetAddressBytes()], RawPeer.Host(10, 1, 0, 1)));
        sender.Send(RawPeer.Update(sender.Attributes(), RawPeer.Host(10, 1, 0, 2)));
        reader.ReadUntil(() => reader.Prefixes.Count > 0);
        Assert.Equal(["10.1.0.2/32"], reader.Prefixes);
        Assert.False(lab.HasRoute("10.1.0.1/32"));
    }

    [Fact]
    public void Message_WithoutMarker_EndsInANotification()
    {
        using var lab = new Lab(1);
        lab.WriteConfig(Range);
        lab.StartDaemon();
        using var peer = new RawPeer(lab.PathOf(1), "10.99.1.1").Open();
        peer.Send([0, .. RawPeer.Message(4)[1..]]);
        while (peer.Next() >= 0)
        {
        }

        Assert.Equal([1, 1], peer.Notification![..2]);
    }

    [Fact]
    public void Connections_AHundredAtOnce_AllEstablishAndHearEachOther()
    {
        const int Count = 100;
        using var lab = new Lab(1);
        for (var i = 0; i < Count; i++)
        {
            lab.Try("p1", "ip", "addr", "add", $"10.99.2.{i + 1}/16", "dev", "eth0");
        }

        lab.WriteConfig(Range);
        lab.StartDaemon();
        var peers = new RawPeer[Count];
        Parallel.For(0, Count, new ParallelOptions { MaxDegreeOfParallelism = Count }, i => peers[i] = new RawPeer(lab.PathOf(1), $"10.99.2.{i + 1}"));
        foreach (var peer in peers)
        {
            peer.Open();
        }

        for (var i = 0; i < Count; i++)
        {
            peers[i].Send(RawPeer.Update(peers[i].Attributes(), [.. RawPeer.Host(10, 2, i, 1), .. RawPeer.Host(10, 2, i, 2)]));
        }

        foreach (var peer in peers)
        {
            peer.ReadUntil(() => peer.Prefixes.Count == (Count - 1) * 2);
            peer.Dispose();
        }

        lab.Until(() => (int)lab.Ask("summary")!["neighbors"]! == 0, "neighbours of a range go with their connections");
        Assert.Equal(0, (int)lab.Ask("summary")!["pathsV4"]!);
    }

    [Fact]
    public void Reader_Stalled_OthersGoOnAndItCatchesUp()
    {
        const int Rounds = 40;
        using var lab = new Lab(3);
        lab.WriteConfig(Range);
        lab.StartDaemon();
        using var sender = new RawPeer(lab.PathOf(1), "10.99.1.1").Open();
        using var stalled = new RawPeer(lab.PathOf(2), "10.99.1.2", receiveBuffer: 4096).Open();
        using var reader = new RawPeer(lab.PathOf(3), "10.99.1.3").Open();
        // Each round changes the attributes of 20,000 prefixes, a hundred and more kilobytes; the stalled one is owed bits, not these.
        for (var round = 1; round <= Rounds; round++)
        {
            Announce(sender, 20_000, (byte)round);
        }

        sender.Send(RawPeer.Update(sender.Attributes(), RawPeer.Host(10, 9, 9, 9)));
        reader.ReadUntil(() => reader.Prefixes.Contains("10.9.9.9/32"));
        Assert.Equal(20_001, reader.Prefixes.Count);
        Assert.InRange((long)lab.Neighbor(2)!["outputOctets"]!, 1, 4 * 1024 * 1024);
        stalled.ReadUntil(() => stalled.Prefixes.Count == 20_001);
        lab.Until(() => (long)lab.Neighbor(2)!["outputOctets"]! == 0 || stalled.Next() < 0, "it has read all");
        Assert.True(lab.IsUp(2));
    }

    [Fact]
    public void FirstDump_RoutesFlapMeanwhile_EndsWithWhatIsTrue()
    {
        using var lab = new Lab(2);
        lab.WriteConfig(Range);
        lab.StartDaemon();
        using var sender = new RawPeer(lab.PathOf(1), "10.99.1.1").Open();
        Announce(sender, 50_000, 1);
        lab.Until(() => (int?)lab.Neighbor(1)?["prefixesIn"] == 50_000, "the table is full");
        using var reader = new RawPeer(lab.PathOf(2), "10.99.1.2", receiveBuffer: 4096).Open();
        for (var flap = 0; flap < 20; flap++)
        {
            for (var d = 0; d < 250; d++)
            {
                sender.Send(RawPeer.Update([], [], RawPeer.Host(10, 10, 0, d)));
            }

            Announce(sender, 250, (byte)(flap + 2));
        }

        // Gone for good while the dump is under way: the reader must not keep it.
        sender.Send(RawPeer.Update([], [], RawPeer.Host(10, 10, 100, 7)));
        sender.Send(RawPeer.Update(sender.Attributes(), RawPeer.Host(10, 9, 9, 9)));
        reader.ReadUntil(() => reader.HasEndOfRib && reader.Prefixes.Contains("10.9.9.9/32") && !reader.Prefixes.Contains("10.10.100.7/32") && reader.Prefixes.Count == 50_000);
        Assert.Equal(50_000, (int)lab.Neighbor(1)!["prefixesIn"]!);
    }

    [Fact]
    public void Withdrawal_RightBehindItsAnnouncement_IsTheLastWord()
    {
        using var lab = new Lab(3);
        lab.WriteConfig(Range);
        lab.StartDaemon();
        using var sender = new RawPeer(lab.PathOf(1), "10.99.1.1").Open();
        using var reader = new RawPeer(lab.PathOf(2), "10.99.1.2").Open();
        using var slow = new RawPeer(lab.PathOf(3), "10.99.1.3", receiveBuffer: 4096).Open();
        // A megabyte and more that the slow one does not read: from here on it is owed, not queued.
        for (var round = 1; round <= 20; round++)
        {
            Announce(sender, 20_000, (byte)round);
        }

        // In one piece, so that both are there before anybody is told; and the other way round, where the route stays.
        for (var d = 0; d < 200; d++)
        {
            sender.Send([.. RawPeer.Update(sender.Attributes(), RawPeer.Host(10, 7, 0, d)), .. RawPeer.Update([], [], RawPeer.Host(10, 7, 0, d)), .. RawPeer.Update([], [], RawPeer.Host(10, 8, 0, d)), .. RawPeer.Update(sender.Attributes(), RawPeer.Host(10, 8, 0, d))]);
        }

        // Announced now and withdrawn in a later read, while the slow one still waits for the first.
        sender.Send(RawPeer.Update(sender.Attributes(), [.. Enumerable.Range(0, 250).SelectMany(static d => RawPeer.Host(10, 6, 0, d))]));
        reader.ReadUntil(() => reader.Prefixes.Contains("10.6.0.249/32"));
        sender.Send(RawPeer.Update([], [], [.. Enumerable.Range(0, 250).SelectMany(static d => RawPeer.Host(10, 6, 0, d))]));
        sender.Send(RawPeer.Update(sender.Attributes(), RawPeer.Host(10, 9, 9, 9)));
        foreach (var peer in (RawPeer[])[reader, slow])
        {
            peer.ReadUntil(() => peer.Prefixes.Contains("10.9.9.9/32") && peer.Prefixes.Count == 20_201);
            Assert.DoesNotContain(peer.Prefixes, static prefix => prefix.StartsWith("10.7.") || prefix.StartsWith("10.6."));
        }
    }

    /// <summary>Announces so many prefixes 10.10+.x.y/32 in full messages, with a local preference of its own.</summary>
    private static void Announce(RawPeer sender, int count, byte preference)
    {
        var attributes = sender.Attributes();
        attributes[^1] = preference;
        for (var first = 0; first < count; first += 500)
        {
            sender.Send(RawPeer.Update(attributes, [.. Enumerable.Range(first, Math.Min(500, count - first)).SelectMany(static i => RawPeer.Host(10, 10 + (i / 62_500), i / 250 % 250, i % 250))]));
        }
    }
}
