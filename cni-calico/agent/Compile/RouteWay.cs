namespace Podwire.CniCalico.Agent.Compile;

/// <summary>How a route leads on.</summary>
internal enum RouteWay
{
    /// <summary>To nowhere: an address of an own block that no pod has.</summary>
    Blackhole,

    /// <summary>Over the link that the nodes share.</summary>
    Direct,

    /// <summary>Into tunl0.</summary>
    Ipip,

    /// <summary>Into vxlan.calico.</summary>
    Vxlan,
}
