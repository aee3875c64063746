using Xunit.Sdk;
using Xunit.v3;

namespace Podwire.Uml;

/// <summary>Makes a <see cref="UmlTestCase"/> of every row.</summary>
public sealed class UmlTheoryDiscoverer : TheoryDiscoverer
{
    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<IXunitTestCase>> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute)
    {
        // Each row is a test case of its own, whatever the run asked for: rows are what the guest reports.
        var asked = discoveryOptions.PreEnumerateTheories();
        discoveryOptions.SetPreEnumerateTheories(true);
        try
        {
            return base.Discover(discoveryOptions, testMethod, factAttribute);
        }
        finally
        {
            discoveryOptions.SetPreEnumerateTheories(asked);
        }
    }

    /// <inheritdoc/>
    protected override ValueTask<IReadOnlyCollection<IXunitTestCase>> CreateTestCasesForDataRow(
        ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, ITheoryAttribute theoryAttribute, ITheoryDataRow dataRow, object?[] testMethodArguments)
    {
        var details = TestIntrospectionHelper.GetTestCaseDetailsForTheoryDataRow(discoveryOptions, testMethod, theoryAttribute, dataRow, testMethodArguments);
        return new([new UmlTestCase(
            details.ResolvedTestMethod, details.TestCaseDisplayName, details.UniqueID, details.Explicit, details.SkipReason,
            TestIntrospectionHelper.GetTraits(testMethod, dataRow), testMethodArguments, details.SourceFilePath, details.SourceLineNumber, details.Timeout)]);
    }

    /// <inheritdoc/>
    protected override ValueTask<IReadOnlyCollection<IXunitTestCase>> CreateTestCasesForTheory(
        ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, ITheoryAttribute theoryAttribute) =>
        throw new NotSupportedException($"{testMethod.TestClass.TestClassName}.{testMethod.MethodName}: a UmlTheory's rows must be serialisable");
}
