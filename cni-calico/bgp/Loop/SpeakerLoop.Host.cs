using Podwire.Bgp.Session;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Loop;

/// <content>What the speaker asks for. It must not be called from here, so the asking is written down.</content>
public sealed partial class SpeakerLoop
{
    private readonly List<Neighbor> wanted = [];
    private readonly List<BgpConnection> ended = [];

    /// <summary>Something happened that may bring the next deadline nearer.</summary>
    private bool wasDisturbed = true;

    void ISpeakerHost.Connect(Neighbor neighbor) => wanted.Add(neighbor);

    void ISpeakerHost.Close(BgpConnection connection)
    {
        ended.Add(connection);
        wasDisturbed = true;
    }

    void ISpeakerHost.StateChanged(Neighbor neighbor, SessionState from, SessionState to, string reason)
    {
        wasDisturbed = true;
        if (to == SessionState.Established)
        {
            LoopLog.Established(logger, neighbor.Config.Address, neighbor.Config.Asn == 0 ? neighbor.Open!.Asn : neighbor.Config.Asn, neighbor.Open!.RouterId);
        }
        else if (from == SessionState.Established)
        {
            LoopLog.Lost(logger, neighbor.Config.Address, reason);
        }
        else
        {
            LoopLog.State(logger, neighbor.Config.Address, from, to, reason);
        }
    }

    void ISpeakerHost.Report(Neighbor neighbor, string message) => LoopLog.Report(logger, neighbor.Config.Address, message);

    void ISpeakerHost.RouteChanged(IpFamily family, IpPrefix prefix) => kernel?.Changed(prefix);
}
