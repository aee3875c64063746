namespace Podwire.Executables;

/// <summary>
/// The executables of <c>make build</c> if they are newer than all that they are built from: tests of processes start what is shipped, which in a
/// guest is up in a moment where the JIT takes many seconds. Where there are none, they start the program under the JIT. A source file that suites
/// link in: see tests/README.md.
/// </summary>
internal static class BuiltExecutables
{
    private static readonly string[] Sources = ["lib", "cni-bridge", "cni-flannel", "cni-calico", "proxy", "netpolicy", "controlplane", "deploy"];

    private static readonly Lazy<DateTime> Newest = new(static () => NewestOf(Sources));

    /// <summary>The top of the tree.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>An executable's file, such as <c>bin/podwire-proxy</c>; null where it is not built, or older than a source.</summary>
    public static string? Find(string name) => Path.Combine(Root, "out", name) is var file && File.Exists(file) && File.GetLastWriteTimeUtc(file) > Newest.Value ? file : null;

    /// <summary>When the newest source in some folders was written.</summary>
    public static DateTime NewestOf(params string[] folders) =>
        folders.SelectMany(static folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs*", SearchOption.AllDirectories)).Max(File.GetLastWriteTimeUtc);

    private static string FindRoot()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Net.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("the tests are not below Net.sln");
        }

        return root;
    }
}
