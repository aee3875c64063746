using System.Text.RegularExpressions;

namespace Podwire.Arrows.Tests;

/// <summary>Compile folders hold pure functions: no files, sockets, clocks, loggers, tasks or chance.</summary>
public partial class PurityTests
{
    public static TheoryData<string> CompileSources => [.. SourceTree.Sources("cni-flannel", "cni-calico", "proxy", "netpolicy", "controlplane").Where(file => file.Contains("/Compile/"))];

    [Theory]
    [MemberData(nameof(CompileSources))]
    public void Compile_TouchesNoOutsideWorld(string file)
    {
        var impure = File.ReadLines(Path.Combine(SourceTree.Root, file))
            .Select((line, index) => (Line: line, Number: index + 1))
            .Where(entry => !entry.Line.TrimStart().StartsWith("//", StringComparison.Ordinal) && Impure().IsMatch(entry.Line))
            .Select(entry => $"{file}:{entry.Number}: {entry.Line.Trim()}");
        Assert.Empty(impure);
    }

    [Fact]
    public void Interop_LivesInInteropFolders()
    {
        var elsewhere = SourceTree.Sources("lib", "cni-bridge", "cni-flannel", "cni-calico", "proxy", "netpolicy", "controlplane", "deploy")
            .Where(file => !file.Contains("/Interop/"))
            .Where(file => File.ReadAllText(Path.Combine(SourceTree.Root, file)).Contains("[LibraryImport(", StringComparison.Ordinal));
        Assert.Empty(elsewhere);
    }

    [Fact]
    public void Files_StayBelowSixHundredLines()
    {
        var longFiles = SourceTree.Sources("lib", "cni-bridge", "cni-flannel", "cni-calico", "proxy", "netpolicy", "controlplane", "deploy", "tests", "bench")
            .Where(file => File.ReadLines(Path.Combine(SourceTree.Root, file)).Count() > 600);
        Assert.Empty(longFiles);
    }

    [GeneratedRegex(@"\b(System\.IO|System\.Net\.Sockets|Microsoft\.Extensions\.Logging|File\.|Directory\.|Console\.|ILogger|TimeProvider|DateTime(Offset)?\.(Utc)?Now|Stopwatch|Environment\.|Thread\b|Task[.<]|async |await |Random\.|Guid\.NewGuid)")]
    private static partial Regex Impure();
}
