using Xunit.Sdk;
using Xunit.v3;

namespace Podwire.Uml;

/// <summary>Makes one <see cref="UmlTestCase"/> of a method.</summary>
public sealed class UmlFactDiscoverer : FactDiscoverer
{
    /// <inheritdoc/>
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute)
    {
        var details = TestIntrospectionHelper.GetTestCaseDetails(discoveryOptions, testMethod, factAttribute);
        return new UmlTestCase(
            details.ResolvedTestMethod, details.TestCaseDisplayName, details.UniqueID, details.Explicit, details.SkipReason,
            TestIntrospectionHelper.GetTraits(testMethod, null), null, details.SourceFilePath, details.SourceLineNumber, details.Timeout);
    }
}
