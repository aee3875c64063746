using Podwire.Proxy.Compile;
using Podwire.Proxy.State;

namespace Podwire.Proxy;

/// <summary>The frontends of one family, as far as tracked connections depend on them.</summary>
internal interface IFrontendIndex
{
    /// <summary>True if a Service has the frontend.</summary>
    bool Contains(FrontendKey key);

    /// <summary>True if a Service has the frontend and a connection to it may be at the endpoint.</summary>
    bool LeadsTo(FrontendKey key, EndpointAddress endpoint);
}
