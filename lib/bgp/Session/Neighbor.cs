using Podwire.Bgp.Rib;
using Podwire.Bgp.Wire;

namespace Podwire.Bgp.Session;

/// <summary>A neighbour with its session: state, timers, counters. Times are the host's milliseconds.</summary>
public sealed class Neighbor
{
    internal const long Never = long.MaxValue;

    internal Neighbor(NeighborConfig config, RoutePeer peer, bool isDynamic) => (Config, Peer, IsDynamic) = (config, peer, isDynamic);

    /// <summary>What is agreed about it.</summary>
    public NeighborConfig Config { get; internal set; }

    /// <summary>True if it came by a range of addresses and is forgotten when it goes.</summary>
    public bool IsDynamic { get; }

    /// <summary>The session's state.</summary>
    public SessionState State { get; internal set; }

    /// <summary>Since when it is in that state.</summary>
    public long Since { get; internal set; }

    /// <summary>Why the last session ended; empty if none has.</summary>
    public string LastError { get; internal set; } = string.Empty;

    /// <summary>How often a session was established.</summary>
    public long EstablishedCount { get; internal set; }

    /// <summary>UPDATE messages that came.</summary>
    public long UpdatesIn { get; internal set; }

    /// <summary>Messages of any kind that came.</summary>
    public long MessagesIn { get; internal set; }

    /// <summary>UPDATEs whose routes counted as withdrawn because they were malformed (RFC 7606).</summary>
    public long TreatedAsWithdraw { get; internal set; }

    /// <summary>Prefixes announced by the neighbour that stand in the tables now, both families.</summary>
    public int Prefixes { get; internal set; }

    /// <summary>The connection over which routes are exchanged; null unless established.</summary>
    public BgpConnection? Session { get; internal set; }

    /// <summary>The neighbour's BGP identifier; null before its first OPEN.</summary>
    public OpenMessage? Open { get; internal set; }

    /// <summary>True while routes are kept that the neighbour announced before its restart.</summary>
    public bool HasStaleRoutes { get; internal set; }

    internal RoutePeer Peer { get; set; }

    internal List<BgpConnection> Connections { get; } = [];

    internal bool IsConnecting { get; set; }

    internal bool IsDisabled { get; set; }

    internal long ConnectAt { get; set; } = Never;

    internal long StaleUntil { get; set; } = Never;

    internal int ErrorsInARow { get; set; }

    /// <summary>Sessions in a row, none of them of a minute, that ended because the neighbour sent what it may not.</summary>
    internal int Faults { get; set; }

    /// <summary>Until when the end of a refresh is awaited that the neighbour has begun, by family index.</summary>
    internal long[] RefreshUntil { get; } = [Never, Never];

    /// <summary>The families whose End-of-RIB has come in this session, by index.</summary>
    internal bool[] HasEndOfRib { get; } = new bool[2];
}
