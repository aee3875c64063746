using System.Globalization;
using Podwire.Bench;

namespace Podwire.BgpBench;

/// <summary>What is asked for on the command line.</summary>
internal sealed record BenchOptions
{
    private static readonly string[] AllRows = ["ten", "wide", "hundred", "one", "memory", "pod"];
    private static readonly string[] AllSpeakers = ["podwire", "bird2", "gobgp", "frr"];

    /// <summary>podwire-bgp's executable; null for the JIT.</summary>
    public string? Binary { get; init; }

    /// <summary>The folder with bin and cni of make build, for a cluster; null if there is none.</summary>
    public string? Programs { get; init; }

    /// <summary>How often every daemon is started and measured, by turns.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>How often one prefix is changed.</summary>
    public int Changes { get; init; } = 200;

    /// <summary>How long a change of all prefixes may take before it counts as failed.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The daemons to measure.</summary>
    public IReadOnlyList<string> Speakers { get; init; } = AllSpeakers;

    /// <summary>The rows to measure.</summary>
    public IReadOnlyList<string> Rows { get; init; } = AllRows;

    /// <exception cref="ArgumentException">An argument that is none.</exception>
    public static BenchOptions Parse(string[] args)
    {
        var (options, rows) = BenchArguments.Parse(
            args,
            new BenchOptions(),
            With,
            static row => AllRows.Contains(row) || TrySize(row, out _),
            $"rows are {string.Join(", ", AllRows)} and CLIENTSxROUTES; flags --binary=FILE --programs=DIR --rounds=N --changes=N --limit=SECONDS --speakers={string.Join(",", AllSpeakers)}");
        return rows.Count > 0 ? options with { Rows = rows } : options;
    }

    /// <summary>«10x1000»: the first number at most the addresses that clients have.</summary>
    public static bool TrySize(string text, out RoutePlan plan)
    {
        plan = new RoutePlan(0, 0);
        if (text.Split('x') is not [var clients, var routes] || !TryCount(clients, out var first) || !TryCount(routes, out var second) || first is < 2 or > 250)
        {
            return false;
        }

        plan = new RoutePlan(first, second);
        return true;
    }

    private static BenchOptions? With(BenchOptions options, string flag, string value) => flag switch
    {
        "--binary" => options with { Binary = value },
        "--programs" => options with { Programs = value },
        "--rounds" when TryCount(value, out var count) => options with { Rounds = count },
        "--changes" when TryCount(value, out var count) => options with { Changes = count },
        "--limit" when TryCount(value, out var count) => options with { Limit = TimeSpan.FromSeconds(count) },
        "--speakers" when value.Split(',') is var list && list.All(AllSpeakers.Contains) => options with { Speakers = list },
        _ => null,
    };

    private static bool TryCount(string text, out int count) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is > 0 and <= 1_000_000;
}
