using Xunit.Sdk;
using Xunit.v3;

namespace Podwire.EndToEnd.Tests;

/// <summary>Runs a suite's steps by their names: one cluster lives through all of them, from up to down.</summary>
public sealed class StepOrderer : ITestCaseOrderer
{
    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
        where TTestCase : notnull, ITestCase => [.. testCases.OrderBy(test => test.TestMethod?.MethodName, StringComparer.Ordinal).ThenBy(test => test.TestCaseDisplayName, StringComparer.Ordinal)];
}
