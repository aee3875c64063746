using System.Diagnostics;

namespace Podwire.Frameworks.Tests;

/// <summary>The one source compiles for the newest framework too, where only its NativeAOT pack may be missing.</summary>
public class FrameworkTests
{
    [Theory]
    [InlineData("deploy/bin/Podwire.Executable.csproj")]
    [InlineData("deploy/cni/Podwire.CniExecutable.csproj")]
    [InlineData("deploy/cni-chained/Podwire.CniChainedExecutable.csproj")]
    [InlineData("deploy/cni-calico/Podwire.CniCalicoExecutable.csproj")]
    [InlineData("deploy/sample/Podwire.Echo.csproj")]
    public void Source_CompilesForNet10(string project)
    {
        var root = FindRoot();
        // Without PublishAot the restore asks for no NativeAOT pack; the AOT analyzers stay on through IsAotCompatible.
        string[] arguments = ["build", project, "-c", "Release", "-v", "q", "--nologo", "-p:PodwireFramework=net10.0", "-p:PublishAot=false", $"-p:ArtifactsPath={root}/artifacts/net10.0"];
        using var build = Process.Start(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = root, RedirectStandardOutput = true })!;
        var output = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        Assert.True(build.ExitCode == 0, output);
        var name = Path.GetFileNameWithoutExtension(project) is "Podwire.CniExecutable" ? "podwire-cni" : project.Contains("cni-calico") ? "podwire-cni-calico" : project.Contains("chained") ? "podwire-cni-chained" : project.Contains("sample") ? "podwire-echo" : "podwire";
        var config = Directory.EnumerateFiles($"{root}/artifacts/net10.0/bin", $"{name}.runtimeconfig.json", SearchOption.AllDirectories).Single();
        Assert.Contains("\"net10.0\"", File.ReadAllText(config));
    }

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Net.sln")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException("Net.sln is in no folder above the tests");
    }
}
