using System.Diagnostics;

namespace Podwire.CniBridge.Tests;

/// <summary>
/// The plugins as they are shipped: NativeAOT executables. Those of <c>out/cni</c> are taken if they are newer than every source of
/// theirs; otherwise they are published once into <c>artifacts/cni-tests</c>.
/// </summary>
internal static class CniExecutables
{
    /// <summary>Where Debian puts the reference plugins.</summary>
    public const string ReferencePath = "/usr/lib/cni";

    private static readonly string[] Sources = ["lib/primitives", "lib/ruleset", "lib/netlink", "lib/cni", "cni-bridge", "cni-flannel/plugin", "deploy/cni"];

    private static readonly Lazy<string> Folder = new(Find);

    /// <summary>The folder to put into CNI_PATH.</summary>
    public static string Path => Folder.Value;

    /// <summary>The root of the tree.</summary>
    public static string Root { get; } = FindRoot();

    public static bool HasReference(string plugin) => File.Exists(System.IO.Path.Join(ReferencePath, plugin));

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            if (File.Exists(System.IO.Path.Join(folder, "Net.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("the tests are not below Net.sln");
    }

    private static string Find()
    {
        var newest = Sources
            .SelectMany(s => new[] { "*.cs*", "*.c" }.SelectMany(p => Directory.EnumerateFiles(System.IO.Path.Join(Root, s), p, SearchOption.AllDirectories)))
            .Max(f => File.GetLastWriteTimeUtc(f));
        string[] folders = [System.IO.Path.Join(Root, "out", "cni"), System.IO.Path.Join(Root, "artifacts", "cni-tests")];
        foreach (var folder in folders)
        {
            var file = System.IO.Path.Join(folder, "bridge");
            if (File.Exists(file) && File.GetLastWriteTimeUtc(file) > newest)
            {
                return folder;
            }
        }

        if (UmlGuest.IsInside)
        {
            throw new InvalidOperationException("the plugins are older than their sources: they are published outside of the guest");
        }

        using var publish = Process.Start(new ProcessStartInfo(System.IO.Path.Join(Root, "deploy", "cni", "publish.sh"), [folders[1]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = publish.StandardError.ReadToEndAsync();
        var output = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        return publish.ExitCode == 0 ? folders[1] : throw new InvalidOperationException($"publish.sh failed: {output}{error.Result}");
    }
}
