using Podwire.Cni;
using Podwire.CniBridge.Bandwidth;
using Podwire.CniBridge.Firewall;
using Podwire.CniBridge.HostDevice;
using Podwire.CniBridge.Macvlan;
using Podwire.CniBridge.Policy;
using Podwire.CniBridge.Portmap;
using Podwire.CniBridge.Ptp;
using Podwire.CniBridge.SourceRouting;
using Podwire.CniBridge.StaticIpam;
using Podwire.CniBridge.Tuning;
using Podwire.Netlink.Namespaces;

namespace Podwire.CniChainedExecutable;

/// <summary>The plugins besides bridge, host-local, loopback and flannel, in one file: the name it is called by picks the plugin.</summary>
internal static class Program
{
    private static void Main()
    {
        NetNamespace.MovesCallingThread = true;
        var registry = new PluginRegistry()
            .Add(PortmapPlugin.Name, static () => new PortmapPlugin())
            .Add(FirewallPlugin.Name, static () => new FirewallPlugin())
            .Add(PtpPlugin.Name, static () => new PtpPlugin())
            .Add(BandwidthPlugin.Name, static () => new BandwidthPlugin())
            .Add(HostDevicePlugin.Name, static () => new HostDevicePlugin())
            .Add(MacvlanPlugin.Name, static () => new MacvlanPlugin())
            .Add(SbrPlugin.Name, static () => new SbrPlugin())
            .Add(StaticPlugin.Name, static () => new StaticPlugin())
            .Add(TuningPlugin.Name, static () => new TuningPlugin())
            .Add(PolicyPlugin.Name, static () => new PolicyPlugin());
        PluginMain.RunAndExit(Path.GetFileName(Environment.GetCommandLineArgs()[0]), registry);
    }
}
