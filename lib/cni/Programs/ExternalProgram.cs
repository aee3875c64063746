using System.Text;
using Podwire.Cni.Interop;

namespace Podwire.Cni;

/// <summary>A program of the node that a plugin needs where the operator asks for what only that program does, such as iptables-restore.</summary>
public static class ExternalProgram
{
    // A runtime may start plugins with a PATH of its own making, or none.
    private static readonly string[] UsualFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>The first file of that name in PATH, or in the usual folders; null if there is none.</summary>
    public static string? Find(string name)
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Concat(UsualFolders))
        {
            if (folder.StartsWith('/') && Path.Join(folder, name) is var path && File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>Runs it to its end, in this thread's network namespace.</summary>
    /// <exception cref="CniException">Code 5: it could not be started; 11: it took longer than <paramref name="timeout"/>, and was killed.</exception>
    public static ProgramAnswer Run(string path, IReadOnlyList<string> arguments, string input, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(input);
        var environment = new List<string>();
        foreach (System.Collections.DictionaryEntry pair in Environment.GetEnvironmentVariables())
        {
            environment.Add($"{pair.Key}={pair.Value}");
        }

        var output = ChildProcess.Run(path, environment, Encoding.UTF8.GetBytes(input), captureError: true, timeout, CancellationToken.None, arguments);
        return new(output.ExitCode, Encoding.UTF8.GetString(output.Output), Encoding.UTF8.GetString(output.Error));
    }
}
