using System.Globalization;

namespace Podwire.BgpBench;

/// <summary>What a running daemon has used so far, from /proc (proc(5)).</summary>
/// <param name="Cpu">Time on a processor of all its threads: by the scheduler's own clock (/proc/PID/task/*/schedstat), or by /proc/PID/stat, in steps of 10 ms, where there is none.</param>
/// <param name="Rss">Resident memory now, in MB.</param>
/// <param name="PeakRss">The most it ever was, in MB.</param>
internal readonly record struct ProcessUse(TimeSpan Cpu, double Rss, double PeakRss)
{
    // sysconf(_SC_CLK_TCK) is 100 on every Linux that .NET runs on.
    private const long TicksPerSecond = 100;

    public static ProcessUse Of(int process)
    {
        var scheduled = Directory.GetDirectories($"/proc/{process}/task").Sum(static task => Scheduled($"{task}/schedstat"));
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        // utime, stime; a thread that ended counts here only.
        var ticks = fields[11..13].Sum(static field => long.Parse(field, CultureInfo.InvariantCulture));
        var (fine, coarse) = (TimeSpan.FromTicks(scheduled / TimeSpan.NanosecondsPerTick), TimeSpan.FromSeconds((double)ticks / TicksPerSecond));
        var status = File.ReadAllLines($"/proc/{process}/status");
        double Megabytes(string key) => int.Parse(status.First(line => line.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
        return new(fine > TimeSpan.Zero ? fine : coarse, Megabytes("VmRSS:"), Megabytes("VmHWM:"));
    }

    private static long Scheduled(string path)
    {
        try
        {
            return long.Parse(File.ReadAllText(path).Split(' ')[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // The thread ended meanwhile, or the kernel does not count.
            return 0;
        }
    }
}
