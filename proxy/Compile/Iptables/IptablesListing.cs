namespace Podwire.Proxy.Compile.Iptables;

/// <summary>Chains with their rules, by table: what iptables-save listed, or what the model would have it list.</summary>
/// <param name="Tables">By the table's name, then by the chain's.</param>
internal sealed record IptablesListing(IReadOnlyDictionary<string, Dictionary<string, List<IptablesRule>>> Tables)
{
    private static readonly Dictionary<string, List<IptablesRule>> None = [];

    /// <summary>The chains of a table.</summary>
    public IReadOnlyDictionary<string, List<IptablesRule>> Chains(IptablesTable table) => Tables.TryGetValue(IptablesText.NameOf(table), out var chains) ? chains : None;
}
