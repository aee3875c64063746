using System.Diagnostics;

namespace Podwire.BgpBench;

/// <summary>Programs beside the daemons.</summary>
internal static class Shell
{
    /// <summary>Runs a command line and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Run(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{command}: exit code {process.ExitCode}: {error.Result}");
    }
}
