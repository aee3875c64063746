using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>A virtual service that a Service asks for.</summary>
/// <param name="Frontend">Where it comes from; node ports become one virtual service for each address of the node.</param>
/// <param name="Service">The virtual service.</param>
internal sealed record IpvsFrontend(FrontendKey Frontend, IpvsService Service);
