namespace Podwire.Uml.Tests;

/// <summary>Run only by <see cref="ReportTests"/>: the guest ends under this one.</summary>
public class EndedGuestTests
{
    [UmlFact(Explicit = true)]
    public void Ending()
    {
        Assert.True(UmlGuest.IsInside);
        File.WriteAllText("/proc/sysrq-trigger", "o");
        Thread.Sleep(Timeout.Infinite);
    }
}
