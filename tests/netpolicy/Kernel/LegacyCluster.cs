using Podwire.Iptables;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>The same cluster with iptables-legacy: rules in x_tables rather than in nf_tables.</summary>
public sealed class LegacyCluster : TestCluster
{
    internal override string Backend => "iptables";

    internal override IptablesVariant Variant => IptablesVariant.Legacy;
}
