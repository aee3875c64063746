using System.Buffers;
using System.Text;
using Podwire.Cni.Interop;

namespace Podwire.Cni;

/// <summary>
/// The whole of a plugin's process. Nothing but the result or the error object goes to stdout, in one piece and only when it is
/// complete; an answer that cannot be delivered is a failure.
/// </summary>
public static class PluginMain
{
    /// <summary>Runs one plugin and returns the exit code. Called without CNI_COMMAND it says on stderr what it is, and succeeds.</summary>
    public static int Run(string name, IPlugin plugin) => Run(name, plugin, new PluginRegistry().Add(name, () => plugin));

    /// <summary>Runs the plugin that <paramref name="name"/> picks from an executable that holds several, with the others as in-process delegates.</summary>
    public static int Run(string name, PluginRegistry registry)
    {
        if (registry.TryCreate(name, out var plugin))
        {
            return Run(name, plugin, registry);
        }

        TryDeliver(stdout => PluginDispatcher.WriteError(
            stdout,
            CniVersion.Latest,
            new CniException(CniErrorCode.PluginNotAvailable, $"no plugin is called {name} here", $"link the file under one of: {string.Join(", ", registry.Names)}")));
        return 1;
    }

    /// <summary>Runs <see cref="Run(string, PluginRegistry)"/> and ends the process at once, without the runtime's own ending, which costs more than a plugin's work.</summary>
    public static void RunAndExit(string name, PluginRegistry registry) => ProcessExit.Now(Run(name, registry));

    private static int Run(string name, IPlugin plugin, PluginRegistry registry)
    {
        var environment = PluginEnvironment.FromProcess();
        if (environment.Command.Length == 0)
        {
            StandardStreams.WriteError(Encoding.UTF8.GetBytes($"CNI plugin {name} of Podwire\nCNI protocol versions supported: {string.Join(", ", CniVersion.Supported)}\n"));
            return 0;
        }

        var code = 1;
        var delivered = TryDeliver(stdout => code = PluginDispatcher.Answer(
            plugin, environment, StandardStreams.ReadInput, new PluginDelegates(registry, PluginDelegates.OwnExecutable), stdout));
        return delivered ? code : 1;
    }

    private static bool TryDeliver(Action<IBufferWriter<byte>> answer)
    {
        var stdout = new ArrayBufferWriter<byte>(1024);
        answer(stdout);
        return StandardStreams.TryWriteOutput(stdout.WrittenSpan);
    }
}
