using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace Podwire.Uml;

/// <summary>
/// The guest of this suite: booted once, by the first test that asks, it runs this very executable with the tests of the trait
/// <see cref="Trait"/> and with the class, method and namespace filters that this run was given.
/// </summary>
public static class UmlGuest
{
    /// <summary>Marks the tests of the guest.</summary>
    public static readonly KeyValuePair<string, string> Trait = new("Kernel", "UML");

    internal const string ResultFile = "results";

    /// <summary>Filters of the command line that are handed on, each with one value.</summary>
    private static readonly string[] Filters = ["-class", "-class-", "-method", "-method-", "-namespace", "-namespace-", "-explicit"];

    private static readonly Lazy<(Dictionary<string, UmlResult> Results, string Account)> Run = new(Boot);

    /// <summary>In the guest: the folder shared with the outside. Outside: null.</summary>
    public static string? ShareInside { get; } = Environment.GetEnvironmentVariable("PODWIRE_UML");

    /// <summary>True in the guest.</summary>
    public static bool IsInside => ShareInside is not null;

    /// <summary>Why no guest can be booted here, for a skip; null where one can.</summary>
    public static string? Missing { get; } =
        !Environment.IsPrivilegedProcess ? "lacks: root"
        : !Directory.Exists("/usr/lib/uml/modules") ? "lacks: a User Mode Linux kernel (Debian's user-mode-linux; deploy/deps.sh test installs it)"
        : null;

    /// <summary>The root of the tree that the tests were built from.</summary>
    public static string Tree { get; } = FindTree();

    internal static UmlResult Result(string test)
    {
        var (results, account) = Run.Value;
        var result = results.GetValueOrDefault(test) ?? new UmlResult(test, UmlOutcome.Missing);
        return result.Outcome switch
        {
            UmlOutcome.Missing => result with { Text = $"the guest ended before this test began\n{account}" },
            UmlOutcome.Running => result with { Text = $"the guest ended while this test ran\n{account}" },
            _ => result,
        };
    }

    private static (Dictionary<string, UmlResult>, string) Boot()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var share = Path.Combine(Tree, "artifacts", "uml", $"{assembly.GetName().Name}-{Environment.ProcessId}");
        Directory.CreateDirectory(share);
        try
        {
            return Boot(assembly, share);
        }
        finally
        {
            Directory.Delete(share, recursive: true);
        }
    }

    private static (Dictionary<string, UmlResult>, string) Boot(Assembly assembly, string share)
    {
        var file = Path.Combine(share, ResultFile);
        var start = new ProcessStartInfo(Path.Combine(Tree, "tests/uml/run.sh")) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Tree };
        string[] command =
        [
            "-t", Environment.GetEnvironmentVariable("PODWIRE_UML_SECONDS") ?? "600", "-s", share,
            Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } root ? $"-eDOTNET_ROOT={root}" : "-eDOTNET_NOLOGO=1",
            Dotnet(), assembly.Location, "-noColor", "-parallel", "none", "-trait", $"{Trait.Key}={Trait.Value}", .. HandedOn(Environment.GetCommandLineArgs()),
        ];
        foreach (var argument in command)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var results = new Dictionary<string, UmlResult>(StringComparer.Ordinal);
        foreach (var line in File.Exists(file) ? File.ReadAllLines(file) : [])
        {
            // The last line may be torn where the guest was ended.
            try
            {
                var result = JsonSerializer.Deserialize<UmlResult>(line)!;
                results[result.Test] = result;
            }
            catch (JsonException)
            {
                break;
            }
        }

        return (results, $"exit code {process.ExitCode}\n{Tail(output)}\n{Tail(error.Result)}");
    }

    private static IEnumerable<string> HandedOn(string[] arguments)
    {
        for (var i = 0; i + 1 < arguments.Length; i++)
        {
            if (Filters.Contains(arguments[i]))
            {
                yield return arguments[i];
                yield return arguments[i + 1];
            }
        }
    }

    private static string Dotnet()
    {
        if (Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet")
        {
            return path;
        }

        var folders = (Environment.GetEnvironmentVariable("DOTNET_ROOT") + ":" + Environment.GetEnvironmentVariable("PATH")).Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Select(folder => Path.Combine(folder, "dotnet")).FirstOrDefault(File.Exists) ?? "dotnet";
    }

    private static string Tail(string text)
    {
        var lines = text.TrimEnd().Split('\n');
        return string.Join('\n', lines[Math.Max(0, lines.Length - 40)..]);
    }

    private static string FindTree()
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
