using Podwire.Ruleset.IpSets;

namespace Podwire.NetPolicy.Compile.Iptables;

/// <summary>Everything that one family is to hold.</summary>
internal sealed class IptablesPlan
{
    /// <summary>The rules of each chain, as iptables-save writes them, without <c>-A CHAIN</c>.</summary>
    public Dictionary<string, string[]> Chains { get; } = [];

    /// <summary>The sets with their entries.</summary>
    public Dictionary<string, (IpSetSpec Spec, HashSet<IpSetEntry> Entries)> Sets { get; } = [];
}
