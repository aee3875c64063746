using System.Xml.Linq;

namespace Podwire.Arrows.Tests;

/// <summary>The repository that these tests were built from: the folder above that holds Net.sln.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>Every project outside tests and bench, by its path: «lib/netlink».</summary>
    public static IReadOnlyDictionary<string, string[]> References { get; } = Projects("lib", "cni-bridge", "cni-flannel", "cni-calico", "proxy", "netpolicy", "controlplane", "deploy");

    /// <summary>The C# files below a folder, with forward slashes, relative to the root.</summary>
    public static IEnumerable<string> Sources(params string[] folders) => folders
        .Select(folder => Path.Combine(Root, folder))
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Root, file))
        .Where(file => !file.Contains("/obj/") && !file.Contains("/bin/Debug"))
        .Order(StringComparer.Ordinal);

    private static Dictionary<string, string[]> Projects(params string[] folders) => folders
        .Select(folder => Path.Combine(Root, folder))
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories))
        .ToDictionary(
            project => Path.GetRelativePath(Root, Path.GetDirectoryName(project)!),
            project => XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => Path.GetRelativePath(Root, Path.GetDirectoryName(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(project)!, (string)reference.Attribute("Include")!)))!))
                .Order(StringComparer.Ordinal).ToArray());

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
