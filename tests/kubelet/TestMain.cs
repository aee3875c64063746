namespace Podwire.Kubelet.Tests;

/// <summary>
/// The test program's entry. Shims are processes of their own and a kubelet must be killable, so the program plays those too:
/// <c>shim --dir DIR</c> and <c>kubelet FLAGS</c>; anything else goes to the test runner.
/// </summary>
internal static class TestMain
{
    public static Task<int> Main(string[] args) => args switch
    {
        ["shim", ..] => KubeletProgram.RunAsync(args),
        ["kubelet", .. var flags] => KubeletProgram.RunAsync(flags),
        _ when args.Contains("--server") || args.Contains("--internal-msbuild-node")
            => Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
    };
}
