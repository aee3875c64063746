namespace Podwire.Proxy.Explain;

/// <summary>A rule that a traced packet met, or the policy at the end of a built-in chain.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Number">The rule's number in the chain, from 1 as <c>iptables -L --line-numbers</c> counts; 0 for a policy.</param>
/// <param name="Rule">The rule as <c>iptables -S</c> writes it; empty for a policy, or where the chain was changed meanwhile.</param>
/// <param name="Verdict">What followed: <c>jump KUBE-SERVICES</c>, <c>accept</c>, <c>continue</c>.</param>
/// <param name="Mark">The packet's mark when the rule was met.</param>
internal sealed record TraceStep(string Table, string Chain, int Number, string Rule, string Verdict, uint Mark)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"{Table} {Chain}{(Number == 0 ? " policy" : $" {Number}: {Rule}")} => {Verdict}{(Mark == 0 ? string.Empty : $" (mark 0x{Mark:x})")}";
}
