using System.CommandLine;
using Podwire.Cluster.Commands;

namespace Podwire.Cluster;

/// <summary>The <c>podwire</c> command.</summary>
public static class ClusterProgram
{
    /// <summary>Runs it and gives the exit code: 0 done, 1 failed with one line on standard error, 2 a wrong command line.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var result = RootCommandBuilder.Build(ClusterPaths.Locate()).Parse(args);
        if (result.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync($"podwire: {result.Errors[0].Message.TrimEnd('.')}; see podwire --help").ConfigureAwait(false);
            return 2;
        }

        try
        {
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (ClusterException e)
        {
            await Console.Error.WriteLineAsync($"podwire: {e.Message}").ConfigureAwait(false);
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("podwire: interrupted").ConfigureAwait(false);
            return 130;
        }
    }
}
