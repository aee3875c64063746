using System.Diagnostics;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>
/// The plugins as they are shipped, NativeAOT executables: those of <c>out/cni</c> if they are newer than their sources, or else published once
/// into <c>artifacts/cni-calico-tests</c>.
/// </summary>
internal static class CalicoExecutables
{
    private static readonly string[] Sources = ["lib/primitives", "lib/ruleset", "lib/netlink", "lib/cni", "cni-calico/plugin", "deploy/cni", "deploy/cni-calico"];

    private static readonly Lazy<string> Folder = new(Find);

    /// <summary>The folder to put into CNI_PATH.</summary>
    public static string Path => Folder.Value;

    private static string Find()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Join(root, "Net.sln")))
        {
            root = System.IO.Path.GetDirectoryName(root) ?? throw new InvalidOperationException("the tests are not below Net.sln");
        }

        var newest = Sources.SelectMany(source => Directory.EnumerateFiles(System.IO.Path.Join(root, source), "*.cs*", SearchOption.AllDirectories)).Max(File.GetLastWriteTimeUtc);
        string[] folders = [System.IO.Path.Join(root, "out", "cni"), System.IO.Path.Join(root, "artifacts", "cni-calico-tests")];
        foreach (var folder in folders)
        {
            if (System.IO.Path.Join(folder, "calico") is var file && File.Exists(file) && File.GetLastWriteTimeUtc(file) > newest)
            {
                return folder;
            }
        }

        using var publish = Process.Start(new ProcessStartInfo(System.IO.Path.Join(root, "deploy", "cni", "publish.sh"), [folders[1]]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = publish.StandardError.ReadToEndAsync();
        var output = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        return publish.ExitCode == 0 ? folders[1] : throw new InvalidOperationException($"publish.sh failed: {output}{error.Result}");
    }
}
