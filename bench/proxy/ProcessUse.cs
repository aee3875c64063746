using System.Globalization;

namespace Podwire.ProxyBench;

/// <summary>What a running process has used so far, from /proc (proc(5)).</summary>
/// <param name="Cpu">User and system time, its own and that of children that ended.</param>
/// <param name="Rss">Resident memory now, in MB.</param>
/// <param name="PeakRss">The most it ever was, in MB.</param>
/// <param name="Anonymous">The part of <paramref name="Rss"/> that is no file's: heap and stacks, in MB.</param>
internal readonly record struct ProcessUse(TimeSpan Cpu, double Rss, double PeakRss, double Anonymous)
{
    // sysconf(_SC_CLK_TCK) is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public static ProcessUse Of(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var status = File.ReadAllLines($"/proc/{process}/status");
        double Megabytes(string key) => int.Parse(status.First(line => line.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
        // utime, stime, cutime, cstime
        var ticks = fields[11..15].Sum(static field => long.Parse(field, CultureInfo.InvariantCulture));
        return new(TimeSpan.FromSeconds(ticks / TicksPerSecond), Megabytes("VmRSS:"), Megabytes("VmHWM:"), Megabytes("RssAnon:"));
    }
}
