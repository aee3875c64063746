namespace Podwire.Uml.Tests;

/// <summary>Run only by <see cref="ReportTests"/>: tests of the guest that do not pass.</summary>
public class ReportedTests
{
    [UmlFact(Explicit = true)]
    public void Failing() => Assert.Equal("what is wanted", "what is there");

    [UmlFact(Explicit = true)]
    public void Skipped() => Assert.Skip("lacks: a reason");

    [UmlTheory(Explicit = true)]
    [InlineData(1)]
    [InlineData(2)]
    public void OneRowFails(int row) => Assert.Equal(1, row);
}
