namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>A chain of flannel's own, and the built-in one that jumps to it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Name">The chain.</param>
/// <param name="Parent">The built-in chain.</param>
/// <param name="Comment">The comment on the jump.</param>
/// <param name="Rules">Its rules, as <c>iptables -S</c> prints them behind <c>-A NAME</c>.</param>
internal sealed record IptablesChain(string Table, string Name, string Parent, string Comment, IReadOnlyList<string> Rules)
{
    /// <summary>The jump, as it stands behind -A or -D.</summary>
    public string Jump => $"{Parent} -m comment --comment \"{Comment}\" -j {Name}";
}
