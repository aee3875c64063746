using Podwire.Proxy.State;

namespace Podwire.Proxy.Select;

/// <summary>Which of its endpoint sets a Service port ever uses (core/v1 internalTrafficPolicy, externalTrafficPolicy).</summary>
internal readonly record struct TrafficPolicy(bool InternalLocal, bool ExternalLocal, bool ExternallyReachable)
{
    /// <summary>
    /// Cluster-wide endpoints: for the cluster IP unless it is Local, and for every port that is reachable from outside,
    /// because the node itself and its pods take the short way even under externalTrafficPolicy Local.
    /// </summary>
    public bool UsesCluster => !InternalLocal || ExternallyReachable;

    /// <summary>Endpoints of this node only.</summary>
    public bool UsesLocal => InternalLocal || (ExternalLocal && ExternallyReachable);

    /// <summary>The policy of a Service.</summary>
    public static TrafficPolicy Of(ServiceRecord service) => new(service.InternalLocal, service.ExternalLocal, service.IsExternallyReachable);
}
