using System.Diagnostics;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>
/// The agent and the plugins as they are shipped, NativeAOT executables: those of <c>out</c> (make build) if they are newer than their sources. They
/// start in a tenth of the time that this test program takes to become one of them, which counts where a test starts many or the machine is slow.
/// </summary>
internal static class CalicoExecutables
{
    private static readonly string[] PluginSources = ["lib/primitives", "lib/ruleset", "lib/netlink", "lib/cni", "cni-calico/plugin", "deploy/cni", "deploy/cni-calico"];
    private static readonly string[] AgentSources = ["lib", "cni-calico", "deploy/bin"];
    private static readonly string Root = FindRoot();
    private static readonly string Published = System.IO.Path.Join(Root, "artifacts", "cni-calico-tests");
    private static readonly Lazy<string?> Built = new(static () => ((string[])[System.IO.Path.Join(Root, "out", "cni"), Published]).FirstOrDefault(static folder => IsNewer(System.IO.Path.Join(folder, "calico"), PluginSources)));
    private static readonly Lazy<string?> BuiltAgent = new(static () => System.IO.Path.Join(Root, "out", "bin", "podwire-calico") is var file && IsNewer(file, AgentSources) ? file : null);
    private static readonly Lazy<string> Folder = new(static () => Built.Value ?? Publish());

    /// <summary>The folder to put into CNI_PATH; the plugins are published there if they are not built.</summary>
    public static string Path => Folder.Value;

    /// <summary>The same folder; null if the plugins are not built.</summary>
    public static string? Plugins => Built.Value;

    /// <summary>podwire-calico; null if it is not built.</summary>
    public static string? Agent => BuiltAgent.Value;

    private static string FindRoot()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Join(root, "Net.sln")))
        {
            root = System.IO.Path.GetDirectoryName(root) ?? throw new InvalidOperationException("the tests are not below Net.sln");
        }

        return root;
    }

    private static bool IsNewer(string file, string[] sources) => File.Exists(file)
        && File.GetLastWriteTimeUtc(file) > sources.SelectMany(static source => Directory.EnumerateFiles(System.IO.Path.Join(Root, source), "*.cs*", SearchOption.AllDirectories)).Max(File.GetLastWriteTimeUtc);

    private static string Publish()
    {
        using var publish = Process.Start(new ProcessStartInfo(System.IO.Path.Join(Root, "deploy", "cni", "publish.sh"), [Published]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = publish.StandardError.ReadToEndAsync();
        var output = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        return publish.ExitCode == 0 ? Published : throw new InvalidOperationException($"publish.sh failed: {output}{error.Result}");
    }
}
