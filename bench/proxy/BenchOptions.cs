using Podwire.Bench;

namespace Podwire.ProxyBench;

/// <summary>What is asked for on the command line.</summary>
internal sealed record BenchOptions
{
    private static readonly string[] AllRows = ["cold", "many", "memory", "change", "rate", "connections", "throughput", "iptables-cold", "iptables-change"];

    /// <summary>The proxy's executable; null for the JIT.</summary>
    public string? Binary { get; init; }

    /// <summary>The folder with the C programs of this bench.</summary>
    public string Tools { get; init; } = string.Empty;

    /// <summary>How long changes go on at a steady rate.</summary>
    public TimeSpan Steady { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often one endpoint is exchanged.</summary>
    public int Exchanges { get; init; } = 1000;

    /// <summary>The rows to measure.</summary>
    public IReadOnlyList<string> Rows { get; init; } = AllRows;

    /// <exception cref="ArgumentException">An argument that is none.</exception>
    public static BenchOptions Parse(string[] args)
    {
        var (options, rows) = BenchArguments.Parse(
            args,
            new BenchOptions(),
            With,
            static row => AllRows.Contains(row) || (row.Replace("iptables-", string.Empty, StringComparison.Ordinal).Split('x') is [var services, var endpoints] && int.TryParse(services, out _) && int.TryParse(endpoints, out _)),
            $"rows are {string.Join(", ", AllRows)} SERVICESxENDPOINTS and iptables-SERVICESxENDPOINTS; flags --binary=FILE --tools=DIR --seconds=N --exchanges=N");
        return rows.Count > 0 ? options with { Rows = rows } : options;
    }

    private static BenchOptions? With(BenchOptions options, string flag, string value) => flag switch
    {
        "--binary" => options with { Binary = value },
        "--tools" => options with { Tools = value },
        "--seconds" when int.TryParse(value, out var seconds) => options with { Steady = TimeSpan.FromSeconds(seconds) },
        "--exchanges" when int.TryParse(value, out var count) => options with { Exchanges = count },
        _ => null,
    };
}
