using Podwire.Cni;
using Podwire.Cni.Ipam;

namespace Podwire.CniBridge;

/// <summary>The IPAM plugin host-local: addresses from ranges, leases on this node's disk. The work is in <see cref="HostLocalAllocator"/>.</summary>
public sealed class HostLocalPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "host-local";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return HostLocalAllocator.Add(HostLocalConfig.Parse(call), call.Attachment);
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        HostLocalAllocator.Del(HostLocalConfig.ReadDataDir(call.Config), call.Config.Name, call.Attachment);
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        HostLocalAllocator.Check(HostLocalConfig.ReadDataDir(call.Config), call.Config.Name, call.Attachment, call.Config.PrevResult);
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        HostLocalAllocator.Gc(HostLocalConfig.ReadDataDir(call.Config), call.Config.Name, call.ValidAttachments);
    }

    /// <inheritdoc/>
    public void Status(PluginCall call) => HostLocalAllocator.Status(HostLocalConfig.Parse(call));
}
