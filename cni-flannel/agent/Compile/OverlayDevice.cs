using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>A device of a back end as it shall be.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Family">The family it carries.</param>
internal abstract record OverlayDevice(string Name, IpFamily Family)
{
    /// <summary>The driver's name.</summary>
    public abstract string Kind { get; }

    /// <summary>Its MTU in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>Its address: the first one of the node's subnet alone, so that no broadcast route comes with it.</summary>
    public required IpPrefix Address { get; init; }

    /// <summary>The underlay address that outer packets come from.</summary>
    public required IpAddress Local { get; init; }

    /// <summary>Its Ethernet address; null for one that has none.</summary>
    public virtual MacAddress? HardwareAddress => null;
}
