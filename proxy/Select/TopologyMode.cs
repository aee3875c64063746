namespace Podwire.Proxy.Select;

/// <summary>Which hints narrow the cluster-wide choice.</summary>
internal enum TopologyMode
{
    /// <summary>None: every ready endpoint.</summary>
    None,

    /// <summary>hints.forZones.</summary>
    Zone,

    /// <summary>hints.forNodes.</summary>
    Node,
}
