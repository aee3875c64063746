using System.Diagnostics;
using System.Runtime.CompilerServices;
using Podwire.Cni;
using Podwire.CniCalico.Agent;
using Podwire.CniCalico.Plugin;
using Podwire.Executables;
using Podwire.Netlink.Namespaces;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>
/// The agent and the plugins as processes of their own: the shipped executables where they are built, or else this very test program, started with
/// another task.
/// </summary>
internal static class OtherTask
{
    private const string Task = "PODWIRE_TEST_TASK";

    /// <summary>The file that <c>calico-ipam</c> is a name of, so that one plugin finds the other as it does when installed.</summary>
    public static string Ipam => CalicoExecutables.Plugins is { } folder ? Path.Combine(folder, "calico-ipam") : Itself;

    private static string Itself => Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Path.ChangeExtension(typeof(OtherTask).Assembly.Location, null) : Environment.ProcessPath;

    /// <summary>podwire-calico in a namespace.</summary>
    public static ProcessStartInfo Agent(string ns, params string[] args) => BuiltExecutables.Find("bin/podwire-calico") is { } file ? In(ns, file, args) : As("agent", In(ns, Itself, args));

    /// <summary>A plugin in a namespace.</summary>
    public static ProcessStartInfo Plugin(string ns, string name) => CalicoExecutables.Plugins is { } folder ? In(ns, Path.Combine(folder, name)) : As("plugin", In(ns, Itself, name));

    private static ProcessStartInfo In(string ns, string file, params string[] args) =>
        new("ip", ["netns", "exec", ns, file, .. args]) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };

    private static ProcessStartInfo As(string task, ProcessStartInfo start)
    {
        start.Environment[Task] = task;

        // Short lives: counting calls for a better compilation later costs a fifth of them.
        start.Environment["DOTNET_TieredPGO"] = "0";
        return start;
    }

    [ModuleInitializer]
#pragma warning disable CA2255 // This is a program, not a library: nobody else loads it.
    internal static void BecomeIt()
#pragma warning restore CA2255
    {
        switch (Environment.GetEnvironmentVariable(Task))
        {
            case "agent":
                Environment.Exit(CalicoProgram.RunAsync(Environment.GetCommandLineArgs()[1..]).GetAwaiter().GetResult());
                break;
            case "plugin":
                NetNamespace.MovesCallingThread = true;
                var registry = new PluginRegistry().Add(CalicoPlugin.Name, static () => new CalicoPlugin()).Add(CalicoIpamPlugin.Name, static () => new CalicoIpamPlugin());
                PluginMain.RunAndExit(Environment.GetCommandLineArgs()[1], registry);
                break;
            default:
                break;
        }
    }
}
