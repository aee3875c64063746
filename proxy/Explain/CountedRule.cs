using Podwire.Proxy.Compile.Iptables;

namespace Podwire.Proxy.Explain;

/// <summary>A rule as the kernel has it.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Text">As iptables-save writes it, without chain and counters.</param>
/// <param name="Packets">How many packets it matched; in the nat table only the first of each connection comes by.</param>
internal sealed record CountedRule(IptablesRule Rule, string Text, ulong Packets);
