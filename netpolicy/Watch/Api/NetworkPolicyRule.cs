namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A rule of a <see cref="NetworkPolicySpec"/>, of either direction.</summary>
internal sealed class NetworkPolicyRule
{
    /// <summary>Peers of what comes in.</summary>
    public List<NetworkPolicyPeer> From { get => field ??= []; set; }

    /// <summary>Peers of what goes out.</summary>
    public List<NetworkPolicyPeer> To { get => field ??= []; set; }

    /// <summary>Ports.</summary>
    public List<NetworkPolicyPort> Ports { get => field ??= []; set; }
}
