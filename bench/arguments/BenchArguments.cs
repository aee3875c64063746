namespace Podwire.Bench;

/// <summary>A bench's command line: flags as --NAME=VALUE, and rows to measure. A source file that benches link in.</summary>
internal static class BenchArguments
{
    /// <summary>Takes it apart.</summary>
    /// <param name="args">What the operator wrote.</param>
    /// <param name="options">What holds unless a flag says otherwise.</param>
    /// <param name="flag">The options with a flag's value; null if there is no such flag or no such value.</param>
    /// <param name="isRow">Whether that is a row.</param>
    /// <param name="usage">What there is.</param>
    /// <returns>The options, and the rows in the order that they were asked for.</returns>
    /// <exception cref="ArgumentException">An argument that is none.</exception>
    public static (T Options, IReadOnlyList<string> Rows) Parse<T>(string[] args, T options, Func<T, string, string, T?> flag, Func<string, bool> isRow, string usage)
        where T : class
    {
        var rows = new List<string>();
        foreach (var arg in args)
        {
            if (arg.Split('=', 2) is [var name, var value] && flag(options, name, value) is { } changed)
            {
                options = changed;
            }
            else if (isRow(arg))
            {
                rows.Add(arg);
            }
            else
            {
                throw new ArgumentException($"{arg}: {usage}");
            }
        }

        return (options, rows);
    }
}
