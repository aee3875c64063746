namespace Podwire.Proxy.Explain;

/// <summary>A rule that the packet met and that did something.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">Its chain.</param>
/// <param name="Number">Its place in the chain, from 1, as <c>iptables -L --line-numbers</c> counts; 0 for the chain's policy.</param>
/// <param name="Rule">The rule; null for a policy, which drops.</param>
internal sealed record IptablesStep(string Table, string Chain, int Number, CountedRule? Rule);
