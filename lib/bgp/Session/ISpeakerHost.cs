using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <summary>What a speaker asks of whoever owns sockets and clock. Calls come from within the speaker's own methods and must not call back into it.</summary>
public interface ISpeakerHost
{
    /// <summary>Opens a TCP connection; the answer is <see cref="BgpSpeaker.Connected"/> or <see cref="BgpSpeaker.ConnectFailed"/>, later.</summary>
    void Connect(Neighbor neighbor);

    /// <summary>Closes a connection once what stands in its output is written, or at once if that does not go. No <see cref="BgpSpeaker.Closed"/> follows.</summary>
    void Close(BgpConnection connection);

    /// <summary>A session changed its state.</summary>
    void StateChanged(Neighbor neighbor, SessionState from, SessionState to, string reason);

    /// <summary>Something worth a line in the log: a malformed message that the session survived.</summary>
    void Report(Neighbor neighbor, string message);

    /// <summary>The best paths of a prefix changed; called while the speaker flushes.</summary>
    void RouteChanged(IpFamily family, IpPrefix prefix);
}
