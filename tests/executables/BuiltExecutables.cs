namespace Podwire.Executables;

/// <summary>
/// The executables of <c>make build</c>, where <c>make test</c> says that they are of this tree: tests of processes start what is shipped, which
/// in a guest is up in a moment where the JIT takes many seconds. Without (tests/run.sh by itself) they start the program under the JIT. A source
/// file that suites link in: see tests/README.md.
/// </summary>
internal static class BuiltExecutables
{
    /// <summary>Names the folder that make build has filled.</summary>
    public const string Variable = "PODWIRE_EXECUTABLES";

    private static readonly string? Folder = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    /// <summary>An executable's file, such as <c>bin/podwire-proxy</c>; null where tests are to run without.</summary>
    public static string? Find(string name) => Folder is null ? null : Path.Combine(Folder, name);
}
