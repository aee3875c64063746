using Microsoft.Extensions.Logging;

namespace Podwire.Daemon;

/// <summary>
/// One line per event on standard error: «15:04:05.123 I proxy: text», or with the journal's priority prefix
/// (<c>&lt;6&gt;</c>, sd-daemon(3)) and without the time where systemd reads it (JOURNAL_STREAM is set).
/// </summary>
internal sealed class JournalLoggerProvider(TextWriter output, bool journal, TimeProvider clock) : ILoggerProvider
{
    private readonly Lock gate = new();

    public ILogger CreateLogger(string categoryName) => new JournalLogger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
    }

    private void Write(LogLevel level, string category, string message, Exception? exception)
    {
        var text = message.ReplaceLineEndings(" | ");
        if (exception is not null)
        {
            text = $"{text}: {(level >= LogLevel.Critical ? exception.ToString() : exception.Message).ReplaceLineEndings(" | ")}";
        }

        var (priority, letter) = level switch
        {
            LogLevel.Critical => (2, 'F'),
            LogLevel.Error => (3, 'E'),
            LogLevel.Warning => (4, 'W'),
            LogLevel.Information => (6, 'I'),
            _ => (7, 'D'),
        };
        var line = journal ? $"<{priority}>{category}: {text}" : $"{clock.GetUtcNow():HH:mm:ss.fff} {letter} {category}: {text}";
        lock (gate)
        {
            output.WriteLine(line);
        }
    }

    private sealed class JournalLogger(JournalLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            provider.Write(logLevel, category, formatter(state, exception), exception);
    }
}
