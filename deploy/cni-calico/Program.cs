using Podwire.Cni;
using Podwire.CniCalico.Plugin;
using Podwire.Netlink.Namespaces;

namespace Podwire.CniCalicoExecutable;

/// <summary>calico and calico-ipam in one file, so that the one calls the other in its own process.</summary>
internal static class Program
{
    private static void Main()
    {
        NetNamespace.MovesCallingThread = true;
        var registry = new PluginRegistry()
            .Add(CalicoPlugin.Name, static () => new CalicoPlugin())
            .Add(CalicoIpamPlugin.Name, static () => new CalicoIpamPlugin());
        PluginMain.RunAndExit(Path.GetFileName(Environment.GetCommandLineArgs()[0]), registry);
    }
}
