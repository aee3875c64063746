namespace Podwire.Proxy.Compile.Iptables;

/// <summary>All that one Service contributes to the chains of one family.</summary>
internal sealed class IptablesService
{
    /// <summary>Rules in chains that Services share, in order.</summary>
    public List<(IptablesTable Table, string Chain, IptablesRule Rule)> Shared { get; } = [];

    /// <summary>Chains of its own, in the nat table.</summary>
    public List<IptablesChain> Chains { get; } = [];
}
