using Podwire.Cni;

namespace Podwire.CniBridge.StaticIpam;

/// <summary>The IPAM plugin static: the addresses that the configuration says. It keeps nothing, so there is nothing to give back or collect.</summary>
public sealed class StaticPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "static";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = StaticConfig.Parse(call);
        return new CniResult { Ips = config.Ips, Routes = config.Routes, Dns = config.Dns };
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
    }

    /// <summary>Fails with code 102 if the previous result lacks one of the addresses.</summary>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = StaticConfig.Parse(call);
        var previous = ContainerCheck.Previous(call);
        foreach (var ip in config.Ips)
        {
            ContainerCheck.Require(previous.Ips.Any(p => p.Address == ip.Address), $"the previous result does not have the address {ip.Address}");
        }
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        _ = call.ValidAttachments;
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        StaticConfig.Parse(call);
    }
}
