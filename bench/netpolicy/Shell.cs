using System.Diagnostics;

namespace Podwire.NetPolicyBench;

/// <summary>Runs programs, in a namespace if one is given.</summary>
internal static class Shell
{
    public static string Run(string? ns, string command, string? input = null)
    {
        var start = new ProcessStartInfo(ns is null ? "bash" : "ip", ns is null ? ["-c", command] : ["netns", "exec", ns, "bash", "-c", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Result : throw new InvalidOperationException($"{command}: {errors.Result}");
    }
}
