using System.Diagnostics;
using System.Globalization;

namespace Podwire.ProxyBench;

/// <summary>Programs beside the proxy.</summary>
internal static class Shell
{
    /// <summary>Runs a command, in a network namespace if one is named, and returns what it printed.</summary>
    public static string Run(string? ns, string command, string? input = null)
    {
        using var process = Process.Start(new ProcessStartInfo(ns is null ? "bash" : "ip", ns is null ? ["-c", command] : ["netns", "exec", ns, "bash", "-c", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{command}: exit code {process.ExitCode}");
    }

    /// <summary>Wall and CPU time of a command by bash's own clock, and the most memory that it was seen with, in MB.</summary>
    public static (TimeSpan Wall, TimeSpan Cpu, double PeakRss) Time(string ns, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", ns, "bash", "-c", $"TIMEFORMAT='%3R %3U %3S'; time {command}"]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var peak = 0.0;
        while (!process.WaitForExit(10))
        {
            peak = Math.Max(peak, PeakOfChildren(process.Id));
        }

        var text = errors.Result.Trim();
        var times = text.Split('\n')[^1].Split(' ');
        return process.ExitCode == 0
            ? (TimeSpan.FromSeconds(Number(times[0])), TimeSpan.FromSeconds(Number(times[1]) + Number(times[2])), peak)
            : throw new InvalidOperationException($"{command}: exit code {process.ExitCode}: {text}");

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>The most memory that a child of a process, started by any of its threads, has taken so far, in MB; 0 if it has none now.</summary>
    public static double PeakOfChildren(int process)
    {
        var peak = 0.0;
        try
        {
            // A child that has not become its program yet counts its parent's memory for its own.
            var parent = File.ResolveLinkTarget($"/proc/{process}/exe", false)?.FullName;
            foreach (var thread in Directory.GetDirectories($"/proc/{process}/task"))
            {
                foreach (var child in File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (File.ResolveLinkTarget($"/proc/{child}/exe", false)?.FullName != parent)
                    {
                        peak = Math.Max(peak, ProcessUse.Of(int.Parse(child, CultureInfo.InvariantCulture)).PeakRss);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It ended meanwhile.
        }

        return peak;
    }
}
