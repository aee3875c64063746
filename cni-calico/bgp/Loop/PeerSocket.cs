using System.Net.Sockets;
using Podwire.Bgp.Session;
using Podwire.BgpDaemon.Config;

namespace Podwire.BgpDaemon.Loop;

/// <summary>A neighbour's TCP connection: being opened, in use, or being closed.</summary>
internal sealed class PeerSocket(Socket socket, SpeakerLoop loop, Neighbor? connecting, NeighborSettings settings) : LoopTarget(socket)
{
    /// <summary>Who is being connected to; null once that is over.</summary>
    public Neighbor? Connecting { get; set; } = connecting;

    /// <summary>With what options it was opened.</summary>
    public NeighborSettings Settings { get; } = settings;

    /// <summary>The speaker's object; null before the connection stands and after its end.</summary>
    public BgpConnection? Connection { get; set; }

    /// <summary>True while the kernel takes no more.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>When an opening is given up, or the neighbour is no longer waited for at the end.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    public override void Ready(uint events, long now) => loop.Ready(this, events, now);
}
