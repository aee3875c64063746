using Podwire.Cni;
using Podwire.CniBridge;
using Podwire.CniBridge.Bridge;
using Podwire.CniFlannel.Plugin;
using Podwire.Netlink.Namespaces;

namespace Podwire.CniExecutable;

/// <summary>
/// What nearly every pod is wired with, in one small file: the name it is called by picks the plugin, and a plugin that another delegates to runs in the
/// same process. The others are in deploy/cni-chained: each start maps and touches what its file holds.
/// </summary>
internal static class Program
{
    private static void Main()
    {
        NetNamespace.MovesCallingThread = true;
        var registry = new PluginRegistry()
            .Add(BridgePlugin.Name, static () => new BridgePlugin())
            .Add(HostLocalPlugin.Name, static () => new HostLocalPlugin())
            .Add(LoopbackPlugin.Name, static () => new LoopbackPlugin())
            .Add(FlannelPlugin.Name, static () => new FlannelPlugin());
        PluginMain.RunAndExit(Path.GetFileName(Environment.GetCommandLineArgs()[0]), registry);
    }
}
