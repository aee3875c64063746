namespace Podwire.Ruleset;

/// <summary>What makes a chain a base chain. Type, hook, priority and device cannot be changed in place; the policy can.</summary>
/// <param name="Type">What it may do.</param>
/// <param name="Hook">Where it is attached.</param>
/// <param name="Priority">Lower runs earlier; see <see cref="ChainPriority"/>.</param>
/// <param name="DropByDefault">The policy: false accepts, true drops what no rule judged.</param>
/// <param name="Device">The device of a netdev or inet ingress chain.</param>
public sealed record BaseChain(ChainType Type, ChainHook Hook, int Priority, bool DropByDefault = false, string? Device = null);
