namespace Podwire.Ruleset;

/// <summary>What a rule does to a set; the values are <c>NFT_DYNSET_OP_*</c> (linux/netfilter/nf_tables.h).</summary>
public enum DynamicSetOperation
{
    /// <summary>Add the element if it is not there.</summary>
    Add = 0,

    /// <summary>Add the element, or renew its timeout.</summary>
    Update = 1,

    /// <summary>Delete the element.</summary>
    Delete = 2,
}
