namespace Podwire.Proxy.Compile.Iptables;

/// <summary>Numbers of rules in the proxy's own chains; jumps in built-in chains are not counted, as kube-proxy does not count them.</summary>
/// <param name="Filter">In the filter table.</param>
/// <param name="Nat">In the nat table.</param>
internal readonly record struct IptablesRuleCounts(int Filter, int Nat);
