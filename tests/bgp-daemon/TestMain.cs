using Podwire.BgpDaemon.Command;

namespace Podwire.BgpDaemon.Tests;

/// <summary>The test program: xunit's runner, or with a first word of ours the daemon or the command.</summary>
internal static class TestMain
{
    public static async Task<int> Main(string[] args) => args.FirstOrDefault() switch
    {
        "podwire-bgp" => await BgpProgram.RunAsync(args[1..]),
        "bgp" => BgpCommand.Run(args[1..], Console.Out, Console.Error),
        _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
    };
}
