using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>
/// The tunnel of the ipip back end as it shall be. It has a local address, which sets it apart from the namespace's catch-all device
/// tunl0, and no remote one: that is each route's gateway.
/// </summary>
internal sealed record IpipDevice() : OverlayDevice(DeviceName, IpFamily.V4)
{
    /// <summary>The name, flannel's own.</summary>
    public const string DeviceName = "flannel.ipip";

    /// <inheritdoc/>
    public override string Kind => "ipip";
}
