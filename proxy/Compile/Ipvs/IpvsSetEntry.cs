using Podwire.Ruleset.IpSets;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>An entry of one of the sets.</summary>
internal readonly record struct IpvsSetEntry(KubeIpSet Set, IpSetEntry Entry);
