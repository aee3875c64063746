using System.Diagnostics;

namespace Podwire.Uml.Tests;

/// <summary>What a run outside says of the tests inside.</summary>
public class ReportTests
{
    [Fact]
    public void Results_OfTheGuest_AreThoseOfTheRun()
    {
        var (code, output) = Run(typeof(ReportedTests));
        Assert.NotEqual(0, code);
        Assert.Contains("Total: 4, Errors: 0, Failed: 2, Skipped: 1, Not Run: 0", output, StringComparison.Ordinal);
        Assert.Contains("what is there", output, StringComparison.Ordinal);
        Assert.Contains("Podwire.Uml.Tests.ReportedTests.Failing()", output, StringComparison.Ordinal);
        Assert.Contains("lacks: a reason", output, StringComparison.Ordinal);
        Assert.Contains("OneRowFails(row: 2) [FAIL]", output, StringComparison.Ordinal);
        Assert.DoesNotContain("OneRowFails(row: 1) [FAIL]", output, StringComparison.Ordinal);
    }

    [Fact]
    public void GuestEndsUnderATest_ThatTestFailsAndSaysSo()
    {
        var (code, output) = Run(typeof(EndedGuestTests));
        Assert.NotEqual(0, code);
        Assert.Contains("Total: 1, Errors: 0, Failed: 1, Skipped: 0", output, StringComparison.Ordinal);
        Assert.Contains("the guest ended while this test ran", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Run(Type type)
    {
        Assert.SkipWhen(UmlGuest.Missing is not null, UmlGuest.Missing ?? string.Empty);
        string[] arguments = [type.Assembly.Location, "-noColor", "-parallel", "none", "-explicit", "only", "-class", type.FullName!];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
