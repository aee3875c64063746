using Microsoft.Extensions.Logging;
using Podwire.BgpDaemon.Loop;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Apply;

/// <summary>
/// BGPPeers' sessions that do not come about: a wrong password cannot be seen in the object, only that nobody answers. Each is told once in the log
/// and as an event after a grace, and until it stands.
/// </summary>
internal sealed class SessionWatch(Func<IReadOnlyList<SessionReport>> sessions, TimeSpan grace, EventRecorder events, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan Steadiness = TimeSpan.FromMinutes(1);
    private readonly Dictionary<(string Name, IpAddress Peer), DateTimeOffset> since = [];
    private readonly Dictionary<(string Name, IpAddress Peer), (string Reason, DateTimeOffset At)> told = [];

    /// <summary>Which BGPPeer a neighbour is of. Any thread.</summary>
    public IReadOnlyDictionary<IpAddress, string> Peers { get; set; } = new Dictionary<IpAddress, string>();

    /// <summary>Those that have been missed for the grace.</summary>
    public IReadOnlyList<SessionFailure> Look()
    {
        var peers = Peers;
        var failures = new List<SessionFailure>();
        var missed = new HashSet<(string, IpAddress)>();
        foreach (var report in peers.Count == 0 ? [] : sessions())
        {
            if (report.IsEstablished || !peers.TryGetValue(report.Neighbor, out var name))
            {
                continue;
            }

            var key = (name, report.Neighbor);
            missed.Add(key);
            if (!since.TryGetValue(key, out var first))
            {
                since[key] = first = time.GetUtcNow();
            }

            if (time.GetUtcNow() - first >= grace)
            {
                failures.Add(new SessionFailure(name, report.Neighbor, Tell(key, Reason(report))));
            }
        }

        foreach (var key in since.Keys.Where(key => !missed.Contains(key)).ToArray())
        {
            since.Remove(key);
            if (told.Remove(key) && peers.ContainsKey(key.Peer))
            {
                CalicoLog.SessionBack(logger, key.Name, key.Peer);
            }
        }

        return failures;
    }

    /// <summary>A kernel with another key, or none, drops what comes without a word (RFC 2385 section 2.0).</summary>
    private static string Reason(SessionReport report)
    {
        var error = report.Error.Length == 0 ? "connecting: no answer" : report.Error;
        return report.HasPassword && error == "connecting: no answer" ? "no answer: it is down, or has another password" : error;
    }

    /// <summary>A reason that changes with every attempt is told once a minute.</summary>
    private string Tell((string Name, IpAddress Peer) key, string reason)
    {
        var isKnown = told.TryGetValue(key, out var before);
        if (isKnown && (before.Reason == reason || time.GetUtcNow() - before.At < Steadiness))
        {
            return before.Reason;
        }

        told[key] = (reason, time.GetUtcNow());
        CalicoLog.NoSession(logger, key.Name, key.Peer, reason);
        events.Warning(new RawObject { ApiVersion = CalicoResources.ApiVersion, Kind = "BGPPeer", Metadata = { Name = key.Name } }, "BGPSessionMissing", $"no session with {key.Peer}: {reason}");
        return reason;
    }
}
