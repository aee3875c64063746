using System.Globalization;

namespace Podwire.ProxyBench;

/// <summary>What a running process has used so far, from /proc (proc(5)).</summary>
/// <param name="Cpu">User and system time.</param>
/// <param name="Rss">Resident memory now, in MB.</param>
/// <param name="PeakRss">The most it ever was, in MB.</param>
internal readonly record struct ProcessUse(TimeSpan Cpu, double Rss, double PeakRss)
{
    // sysconf(_SC_CLK_TCK) is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public static ProcessUse Of(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var status = File.ReadAllLines($"/proc/{process}/status");
        double Megabytes(string key) => int.Parse(status.First(line => line.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return new(TimeSpan.FromSeconds(ticks / TicksPerSecond), Megabytes("VmRSS:"), Megabytes("VmHWM:"));
    }
}
