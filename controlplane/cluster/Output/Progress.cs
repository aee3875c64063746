using System.Diagnostics;

namespace Podwire.Cluster.Output;

/// <summary>
/// Shows long work step by step: on a terminal a live line that ends in its seconds, elsewhere a plain line at each step's
/// start and end, so that a log shows where it stands.
/// </summary>
internal sealed class Progress(TextWriter output, bool terminal)
{
    private readonly Lock gate = new();
    private readonly Stopwatch total = Stopwatch.StartNew();

    /// <summary>Progress on standard error.</summary>
    public static Progress OnConsole() => new(Console.Error, !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"));

    /// <summary>Seconds since the work began.</summary>
    public double Seconds => total.Elapsed.TotalSeconds;

    /// <summary>Runs one step; its <see cref="Step.Detail"/> may change while it runs.</summary>
    public async Task<T> RunAsync<T>(string title, Func<Step, Task<T>> work)
    {
        var step = new Step();
        var watch = Stopwatch.StartNew();
        using var ticker = terminal ? new Timer(_ => Draw($"  .. {title}", step, watch, final: false), null, 0, 200) : null;
        if (!terminal)
        {
            Line($"  .. {title}");
        }

        try
        {
            var result = await work(step).ConfigureAwait(false);
            ticker?.Change(Timeout.Infinite, Timeout.Infinite);
            Draw($"  ok {title}", step, watch, final: true);
            return result;
        }
        catch
        {
            ticker?.Change(Timeout.Infinite, Timeout.Infinite);
            Draw($"  no {title}", step, watch, final: true);
            throw;
        }
    }

    /// <summary>A step without a result.</summary>
    public Task RunAsync(string title, Func<Step, Task> work) => RunAsync(title, async step =>
    {
        await work(step).ConfigureAwait(false);
        return true;
    });

    /// <summary>A line of its own.</summary>
    public void Line(string text)
    {
        lock (gate)
        {
            output.WriteLine(text);
        }
    }

    private void Draw(string head, Step step, Stopwatch watch, bool final)
    {
        var detail = step.Detail;
        var text = $"{head}{(detail.Length == 0 ? string.Empty : $" ({detail})")} {watch.Elapsed.TotalSeconds:F1} s";
        lock (gate)
        {
            if (step.IsOver)
            {
                // A tick that was on its way when the step ended.
                return;
            }

            step.IsOver = final;
            // Carriage return, then erase to the end of the line (ECMA-48 EL).
            output.Write(terminal ? $"\r{text}\e[K{(final ? "\n" : string.Empty)}" : $"{text}\n");
        }
    }

    /// <summary>What a running step tells.</summary>
    internal sealed class Step
    {
        /// <summary>How far it is: «2 of 3 nodes Ready».</summary>
        public string Detail { get; set; } = string.Empty;

        /// <summary>True once its last line is written.</summary>
        internal bool IsOver { get; set; }
    }
}
