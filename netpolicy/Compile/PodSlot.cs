namespace Podwire.NetPolicy.Compile;

/// <summary>What the maps of pods hold for one address of this node.</summary>
/// <param name="Pod">The pod, for people.</param>
/// <param name="Ingress">The class of what comes in; null if that is not policed.</param>
/// <param name="Egress">The class of what goes out.</param>
/// <param name="IsSelfAllowed">True if it reaches itself whatever the classes say.</param>
/// <param name="IsIngressOpen">True if the class of what comes in accepts what no rule mentions.</param>
/// <param name="IsEgressOpen">The same of what goes out.</param>
/// <param name="IsObserved">True if its answers from the resolver are looked at.</param>
internal sealed record PodSlot(string Pod, string? Ingress, string? Egress, bool IsSelfAllowed, bool IsIngressOpen = false, bool IsEgressOpen = false, bool IsObserved = false);
