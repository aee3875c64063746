using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>What one Service comes to in one family. Several Services may ask for the same address or entry; virtual services have one owner.</summary>
internal sealed record CompiledIpvs
{
    /// <summary>Nothing.</summary>
    public static CompiledIpvs None { get; } = new();

    /// <summary>The virtual services.</summary>
    public ValueList<IpvsFrontend> Frontends { get; init; } = [];

    /// <summary>The addresses that kube-ipvs0 must have.</summary>
    public ValueList<IpAddress> Addresses { get; init; } = [];

    /// <summary>The entries of sets.</summary>
    public ValueList<IpvsSetEntry> Entries { get; init; } = [];

    /// <summary>Load balancer addresses that processes of this node may not use, because no source range names the node.</summary>
    public ValueList<IpvsServiceKey> DeniedToNode { get; init; } = [];

    /// <summary>The virtual service of a frontend, or null.</summary>
    public IpvsService? Find(FrontendKey frontend)
    {
        foreach (var candidate in Frontends)
        {
            if (candidate.Frontend == frontend)
            {
                return candidate.Service;
            }
        }

        return null;
    }
}
