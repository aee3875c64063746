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

    public static BenchOptions Parse(string[] args)
    {
        var options = new BenchOptions();
        var rows = new List<string>();
        foreach (var arg in args)
        {
            options = arg.Split('=', 2) switch
            {
                ["--binary", var binary] => options with { Binary = binary },
                ["--tools", var tools] => options with { Tools = tools },
                ["--seconds", var seconds] => options with { Steady = TimeSpan.FromSeconds(int.Parse(seconds)) },
                ["--exchanges", var count] => options with { Exchanges = int.Parse(count) },
                [var row] when AllRows.Contains(row) || (row.Replace("iptables-", string.Empty, StringComparison.Ordinal).Split('x') is [var services, var endpoints] && int.TryParse(services, out _) && int.TryParse(endpoints, out _)) => Add(row),
                _ => throw new ArgumentException($"{arg}: rows are {string.Join(", ", AllRows)} SERVICESxENDPOINTS and iptables-SERVICESxENDPOINTS; flags --binary=FILE --tools=DIR --seconds=N --exchanges=N"),
            };

            BenchOptions Add(string row)
            {
                rows.Add(row);
                return options;
            }
        }

        return rows.Count > 0 ? options with { Rows = rows } : options;
    }
}
