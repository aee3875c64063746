namespace Podwire.Iptables;

/// <summary>Which iptables: two sets of tables in one kernel, neither of which shows the other's rules.</summary>
public enum IptablesVariant
{
    /// <summary>Whatever the names without a variant lead to (update-alternatives).</summary>
    Default,

    /// <summary>Rules in nf_tables.</summary>
    Nft,

    /// <summary>Rules in x_tables.</summary>
    Legacy,
}
