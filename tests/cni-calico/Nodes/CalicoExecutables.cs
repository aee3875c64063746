using System.Diagnostics;
using Podwire.Executables;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>
/// The plugins as they are shipped, NativeAOT executables: those of make build, or else published once into <c>artifacts/cni-calico-tests</c>. They
/// start in a tenth of the time that this test program takes to become one of them, which counts where a test starts many or the machine is slow.
/// </summary>
internal static class CalicoExecutables
{
    private static readonly string Published = System.IO.Path.Join(BuiltExecutables.Root, "artifacts", "cni-calico-tests");
    private static readonly Lazy<string?> Built = new(FindBuilt);
    private static readonly Lazy<string> Folder = new(static () => Built.Value ?? Publish());

    /// <summary>The folder to put into CNI_PATH; the plugins are published there if they are not built.</summary>
    public static string Path => Folder.Value;

    /// <summary>The same folder; null if the plugins are not built.</summary>
    public static string? Plugins => Built.Value;

    private static string? FindBuilt()
    {
        if (BuiltExecutables.Find("cni/calico") is { } built)
        {
            return System.IO.Path.GetDirectoryName(built);
        }

        var file = System.IO.Path.Join(Published, "calico");
        return File.Exists(file) && File.GetLastWriteTimeUtc(file) > BuiltExecutables.NewestOf("lib/primitives", "lib/ruleset", "lib/netlink", "lib/cni", "cni-calico/plugin", "deploy/cni", "deploy/cni-calico") ? Published : null;
    }

    private static string Publish()
    {
        using var publish = Process.Start(new ProcessStartInfo(System.IO.Path.Join(BuiltExecutables.Root, "deploy", "cni", "publish.sh"), [Published]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = publish.StandardError.ReadToEndAsync();
        var output = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        return publish.ExitCode == 0 ? Published : throw new InvalidOperationException($"publish.sh failed: {output}{error.Result}");
    }
}
