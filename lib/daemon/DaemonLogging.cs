using Microsoft.Extensions.Logging;

namespace Podwire.Daemon;

/// <summary>Logging as every daemon does it: one line per event on standard error, for the journal.</summary>
public static class DaemonLogging
{
    /// <summary>
    /// The factory for a Kubernetes-like <c>-v</c>: 0 to 3 show information and above, 4 and 5 debug, more traces.
    /// The framework's own chatter (Microsoft.*, System.*) starts at warnings, or one step lower from 6 on.
    /// </summary>
    public static ILoggerFactory Create(int verbosity) => Create(verbosity, Console.Error, !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("JOURNAL_STREAM")), TimeProvider.System);

    internal static ILoggerFactory Create(int verbosity, TextWriter output, bool journal, TimeProvider clock)
    {
        var provider = new JournalLoggerProvider(output, journal, clock);
        var level = verbosity >= 6 ? LogLevel.Trace : verbosity >= 4 ? LogLevel.Debug : LogLevel.Information;
        var framework = verbosity >= 6 ? LogLevel.Information : LogLevel.Warning;
        return LoggerFactory.Create(builder => builder
            .AddProvider(provider)
            .SetMinimumLevel(level)
            .AddFilter("Microsoft", framework)
            .AddFilter("System", framework));
    }
}
