using Microsoft.Extensions.Logging;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent;

/// <summary>The agent's log lines.</summary>
internal static partial class CalicoLog
{
    [LoggerMessage(1, LogLevel.Information, "Node {Node}: plugins are served at {Socket}")]
    public static partial void Started(ILogger logger, string node, string socket);

    [LoggerMessage(2, LogLevel.Information, "Waiting: {Reason}")]
    public static partial void Waiting(ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Information, "Ready: {Address}, {Blocks} blocks of its own, pod MTU {Mtu}")]
    public static partial void Ready(ILogger logger, IpPrefix address, int blocks, int mtu);

    [LoggerMessage(4, LogLevel.Information, "Created {Device}: {Address}, MTU {Mtu}")]
    public static partial void DeviceCreated(ILogger logger, string device, IpAddress address, int mtu);

    [LoggerMessage(5, LogLevel.Information, "Removed {Device}")]
    public static partial void DeviceRemoved(ILogger logger, string device);

    [LoggerMessage(6, LogLevel.Warning, "The kernel refuses: {Reason}")]
    public static partial void KernelRefuses(ILogger logger, string reason);

    [LoggerMessage(7, LogLevel.Warning, "{Kind} {Name}: {Problem}")]
    public static partial void ObjectRefused(ILogger logger, string kind, string name, string problem);

    [LoggerMessage(8, LogLevel.Information, "Annotated node {Node}: {Annotations}")]
    public static partial void Annotated(ILogger logger, string node, string annotations);

    [LoggerMessage(9, LogLevel.Critical, "The BGP speaker failed; it is begun anew")]
    public static partial void SpeakerFailed(ILogger logger, Exception error);

    [LoggerMessage(10, LogLevel.Information, "BGP: a mesh of {Nodes} nodes; configuration changed")]
    public static partial void SpeakerChanged(ILogger logger, int nodes);

    [LoggerMessage(11, LogLevel.Warning, "A full mesh of {Count} nodes: from 100 on use route reflectors (BGPConfiguration nodeToNodeMeshEnabled false, BGPPeers with peerSelector)")]
    public static partial void LargeMesh(ILogger logger, int count);

    [LoggerMessage(12, LogLevel.Information, "Gave back the addresses of {Handle}: {Reason}")]
    public static partial void Collected(ILogger logger, string handle, string reason);

    [LoggerMessage(13, LogLevel.Warning, "Cannot look for leaked addresses: {Reason}")]
    public static partial void CollectingFailed(ILogger logger, string reason);

    [LoggerMessage(14, LogLevel.Debug, "Plugin: {Request}: {Answer}")]
    public static partial void Answered(ILogger logger, string request, string answer);

    [LoggerMessage(15, LogLevel.Information, "Gave up {Count} blocks of node {Node}, which is no more")]
    public static partial void NodeGone(ILogger logger, int count, string node);

    [LoggerMessage(16, LogLevel.Debug, "The kernel is not as it has to be: {What}")]
    public static partial void KernelDiffers(ILogger logger, string what);

    [LoggerMessage(17, LogLevel.Warning, "The kernel's notifications are not read ({Reason}): what others change is found at --resync-period only")]
    public static partial void NotListening(ILogger logger, string reason);

    [LoggerMessage(18, LogLevel.Warning, "BGPPeer {Name}: no session with {Peer}: {Reason}")]
    public static partial void NoSession(ILogger logger, string name, IpAddress peer, string reason);

    [LoggerMessage(19, LogLevel.Information, "BGPPeer {Name}: the session with {Peer} stands")]
    public static partial void SessionBack(ILogger logger, string name, IpAddress peer);

    [LoggerMessage(20, LogLevel.Information, "{Kind} {Name}: condition {Condition}={Status}: {Message}")]
    public static partial void StatusWritten(ILogger logger, string kind, string name, string condition, string status, string message);

    [LoggerMessage(21, LogLevel.Warning, "The status of objects of {Resource} cannot be written ({Reason}): apply cni-calico/crds/crds.yaml, and allow update of {Resource}/status")]
    public static partial void NoStatus(ILogger logger, string resource, string reason);

    [LoggerMessage(22, LogLevel.Warning, "{Prefix}: a route of somebody else's is in the kernel's main table; it stays, and ours comes when it goes")]
    public static partial void AnothersRoute(ILogger logger, IpPrefix prefix);
}
