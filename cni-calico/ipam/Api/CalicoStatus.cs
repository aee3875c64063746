using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What the agents found about an object; all of them find the same and write only what is not there.</summary>
public sealed class CalicoStatus : KubeValue
{
    /// <summary>The condition that an object makes sense: False with a text if it does not. An object that never was refused has none.</summary>
    public const string Accepted = "Accepted";

    /// <summary>The condition that a BGPPeer's sessions stand: False with a text once one is missed for a while.</summary>
    public const string Established = "Established";

    /// <summary>Conditions, one of a type.</summary>
    public List<Condition> Conditions { get => field ??= []; set; }

    /// <summary>BGPPeers: sessions that do not come about, each as its node tells of it; ten at most.</summary>
    public List<BgpSessionFailure> Sessions { get => field ??= []; set; }
}
