using System.Diagnostics;

namespace Podwire.Uml.Tests;

/// <summary>The script that boots a guest, from outside.</summary>
public class RunScriptTests
{
    [Fact]
    public void Command_ItsOutputAndExitCode_ComeThrough()
    {
        Assert.SkipWhen(UmlGuest.Missing is not null, UmlGuest.Missing ?? string.Empty);
        var (code, output, error) = Run("-e", "GREETING=two words", "sh", "-c", "echo \"$GREETING\"; echo bad >&2; exit 7");
        Assert.Equal(7, code);
        Assert.Equal("two words\n", output);
        Assert.Equal("bad\n", error);
    }

    [Fact]
    public void TimeLimit_Over_EndsEveryProcessOfTheGuest()
    {
        Assert.SkipWhen(UmlGuest.Missing is not null, UmlGuest.Missing ?? string.Empty);
        var share = Directory.CreateTempSubdirectory("podwire-uml-limit-").FullName;
        try
        {
            var (code, _, error) = Run("-t", "12", "-s", share, "sleep", "1000");
            Assert.Equal(124, code);
            Assert.Contains("the time limit of 12 s is over", error, StringComparison.Ordinal);
            Assert.Empty(ProcessesOf(share));
        }
        finally
        {
            Directory.Delete(share, recursive: true);
        }
    }

    [Fact]
    public void NoCommand_IsRefusedWithTheUsage()
    {
        var (code, _, error) = Run("-t", "5");
        Assert.Equal(2, code);
        Assert.Contains("run.sh [-t SECONDS]", error, StringComparison.Ordinal);
    }

    /// <summary>Every process of a guest carries the share's path in its kernel's command line.</summary>
    private static List<string> ProcessesOf(string share)
    {
        var found = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(folder, "cmdline")).Contains(share, StringComparison.Ordinal))
                {
                    found.Add(folder);
                }
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }

        return found;
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(UmlGuest.Tree, "tests/uml/run.sh"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
