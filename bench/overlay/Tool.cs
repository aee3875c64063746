using System.Diagnostics;

namespace Podwire.OverlayBench;

/// <summary>Other programs.</summary>
internal static class Tool
{
    /// <summary>Runs one to its end; its output, or an exception with what it said.</summary>
    public static string Run(string program, params string[] arguments) => Run(program, arguments, must: true);

    /// <summary>Runs one and does not mind if it fails.</summary>
    public static void Try(string program, params string[] arguments) => Run(program, arguments, must: false);

    /// <summary>Starts one that goes on; with <paramref name="ready"/> it has printed a line by then.</summary>
    public static Process Start(string program, string[] arguments, bool ready, string? log = null)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = log is not null })!;
        if (ready && process.StandardOutput.ReadLine() is null)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended at once");
        }

        if (log is not null)
        {
            var writer = File.CreateText(log);
            writer.AutoFlush = true;
            process.ErrorDataReceived += (_, line) => writer.WriteLine(line.Data);
            process.BeginErrorReadLine();
        }

        return process;
    }

    /// <summary>Ends what <see cref="Start"/> started.</summary>
    public static void End(Process? process)
    {
        if (process is null)
        {
            return;
        }

        using (process)
        {
            if (!process.HasExited)
            {
                Run("kill", ["-TERM", process.Id.ToString()], must: false);
                if (!process.WaitForExit(5000))
                {
                    process.Kill();
                    process.WaitForExit();
                }
            }
        }
    }

    private static string Run(string program, string[] arguments, bool must)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 || !must ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error.Result}");
    }
}
