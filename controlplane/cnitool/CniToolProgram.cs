using Podwire.Cni;

namespace Podwire.CniTool;

/// <summary><c>podwire cni</c>: what a runtime does with CNI plugins, by hand. The arguments and the environment are cnitool's.</summary>
public static class CniToolProgram
{
    /// <summary>Runs it with the process's environment and streams, and gives the exit code.</summary>
    public static Task<int> RunAsync(string[] args) => RunAsync(args, Environment.GetEnvironmentVariable, Console.Out, Console.Error);

    /// <summary>Runs it: 0 done, 1 failed with one line on <paramref name="error"/>, 2 a wrong command line.</summary>
    public static async Task<int> RunAsync(string[] args, Func<string, string?> environment, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        if (args.Length == 0 || args.Contains("--help") || args.Contains("-h"))
        {
            await output.WriteAsync(CniToolText.Manual).ConfigureAwait(false);
            return args.Length == 0 ? 2 : 0;
        }

        CniToolArguments arguments;
        try
        {
            arguments = CniToolArguments.Parse(args, environment);
        }
        catch (FormatException e)
        {
            await error.WriteLineAsync($"podwire cni: {e.Message}; see podwire cni --help").ConfigureAwait(false);
            return 2;
        }

        try
        {
            await new CniToolCommands(arguments, output).RunAsync(cancellation).ConfigureAwait(false);
            return 0;
        }
        catch (CniException e)
        {
            var details = e.Details.Length > 0 ? $": {e.Details.ReplaceLineEndings(" ")}" : string.Empty;
            await error.WriteLineAsync($"podwire cni: {arguments.Verb} {arguments.Network}: {e.Message.ReplaceLineEndings(" ")} (code {(int)e.Code}){details}").ConfigureAwait(false);
            return 1;
        }
    }
}
