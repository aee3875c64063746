using System.Text.Json;
using Podwire.Cluster.Interop;
using Podwire.Daemon;

namespace Podwire.Cluster.Init;

/// <summary><c>podwire init SPEC</c>: a node's first process. Not for people: <c>podwire up</c> starts it in the node's namespaces.</summary>
internal static class InitCommand
{
    /// <summary>Where the node's running services are listed, in its own /run.</summary>
    public const string StatusFile = "/run/podwire/services.json";

    public static int Run(string specFile)
    {
        if (Environment.ProcessId != 1)
        {
            throw new ClusterException("'podwire init' is the first process of a node that 'podwire up' makes; it is not started by hand");
        }

        var spec = JsonSerializer.Deserialize(File.ReadAllBytes(specFile), ClusterJson.Default.InitSpec)
            ?? throw new ClusterException($"{specFile} is empty");
        using var termination = Termination.Handle();
        // The /proc that came along is the machine's: it shows other PIDs than this node has.
        Libc.Mount("proc", "/proc", "proc", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC, null);
        Directory.CreateDirectory(Path.GetDirectoryName(StatusFile)!);
        return new Supervisor(spec, StatusFile, Console.Error).Run(termination.Token);
    }
}
