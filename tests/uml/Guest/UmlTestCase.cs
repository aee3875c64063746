using Xunit.Sdk;
using Xunit.v3;

namespace Podwire.Uml;

/// <summary>
/// One test of the guest. In the guest it runs like any other and its messages are noted down (<see cref="ResultBus"/>); outside
/// it waits for the guest, which runs all of them once, and repeats what was noted.
/// </summary>
public sealed class UmlTestCase : XunitTestCase, ISelfExecutingXunitTestCase
{
    /// <summary>For xunit's deserialiser.</summary>
    [Obsolete("for the deserialiser")]
    public UmlTestCase()
    {
    }

    /// <summary>A test that discovery found.</summary>
    public UmlTestCase(
        IXunitTestMethod testMethod, string displayName, string uniqueId, bool isExplicit, string? skipReason, Dictionary<string, HashSet<string>> traits,
        object?[]? arguments, string? sourceFile, int? sourceLine, int? timeout)
        : base(testMethod, displayName, uniqueId, isExplicit, skipReason: skipReason, traits: traits, testMethodArguments: arguments, sourceFilePath: sourceFile, sourceLineNumber: sourceLine, timeout: timeout)
    {
    }

    /// <inheritdoc/>
    public async ValueTask<RunSummary> Run(
        ExplicitOption explicitOption, IMessageBus messageBus, object?[] constructorArguments, ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource)
    {
        if (UmlGuest.IsInside || SkipReason is not null || (Explicit ? explicitOption == ExplicitOption.Off : explicitOption == ExplicitOption.Only))
        {
            var bus = UmlGuest.ShareInside is { } share ? new ResultBus(messageBus, UniqueID, share) : messageBus;
            return await XunitRunnerHelper.RunXunitTestCase(this, bus, cancellationTokenSource, aggregator.Clone(), explicitOption, constructorArguments);
        }

        if (UmlGuest.Missing is { } missing)
        {
            return Skip(messageBus, cancellationTokenSource, missing);
        }

        // The guest's run takes seconds; it must not hold one of xunit's threads that others wait for.
        var result = await Task.Run(() => UmlGuest.Result(UniqueID));
        return result.Outcome switch
        {
            UmlOutcome.Passed => Pass(messageBus, result),
            UmlOutcome.Skipped => Skip(messageBus, cancellationTokenSource, result.Text),
            _ => XunitRunnerHelper.FailTestCases(messageBus, cancellationTokenSource, [this], new UmlTestFailure(result.Text, result.StackTrace), false, false, false),
        };
    }

    private RunSummary Skip(IMessageBus bus, CancellationTokenSource cancellation, string reason)
    {
        // The summary that SkipTestCases returns counts the test as failed.
        _ = XunitRunnerHelper.SkipTestCases(bus, cancellation, [this], reason, false, false, false);
        return new RunSummary { Total = 1, Skipped = 1 };
    }

    private RunSummary Pass(IMessageBus bus, UmlResult result)
    {
        string assembly = TestCollection.TestAssembly.UniqueID, collection = TestCollection.UniqueID;
        string? type = TestClass.UniqueID, method = TestMethod.UniqueID;
        var test = UniqueIDGenerator.ForTest(UniqueID, 0);
        var traits = Traits.ToDictionary(pair => pair.Key, pair => (IReadOnlyCollection<string>)pair.Value.ToArray());
        var now = DateTimeOffset.UtcNow;
        _ = bus.QueueMessage(new TestCaseStarting
        {
            AssemblyUniqueID = assembly, TestCollectionUniqueID = collection, TestClassUniqueID = type, TestMethodUniqueID = method, TestCaseUniqueID = UniqueID,
            Explicit = Explicit, SkipReason = null, SourceFilePath = SourceFilePath, SourceLineNumber = SourceLineNumber, TestCaseDisplayName = TestCaseDisplayName,
            TestClassMetadataToken = TestClassMetadataToken, TestClassName = TestClassName, TestClassNamespace = TestClassNamespace, TestClassSimpleName = TestClassSimpleName,
            TestMethodArity = TestMethodArity, TestMethodMetadataToken = TestMethodMetadataToken, TestMethodName = TestMethodName,
            TestMethodParameterTypesVSTest = TestMethodParameterTypesVSTest, TestMethodReturnTypeVSTest = TestMethodReturnTypeVSTest, Traits = traits,
        });
        _ = bus.QueueMessage(new TestStarting
        {
            AssemblyUniqueID = assembly, TestCollectionUniqueID = collection, TestClassUniqueID = type, TestMethodUniqueID = method, TestCaseUniqueID = UniqueID, TestUniqueID = test,
            Explicit = Explicit, StartTime = now, TestDisplayName = TestCaseDisplayName, Timeout = 0, Traits = traits,
        });
        _ = bus.QueueMessage(new TestPassed
        {
            AssemblyUniqueID = assembly, TestCollectionUniqueID = collection, TestClassUniqueID = type, TestMethodUniqueID = method, TestCaseUniqueID = UniqueID, TestUniqueID = test,
            ExecutionTime = result.Seconds, FinishTime = now, Output = string.Empty, Warnings = null,
        });
        _ = bus.QueueMessage(new TestFinished
        {
            AssemblyUniqueID = assembly, TestCollectionUniqueID = collection, TestClassUniqueID = type, TestMethodUniqueID = method, TestCaseUniqueID = UniqueID, TestUniqueID = test,
            ExecutionTime = result.Seconds, FinishTime = now, Output = string.Empty, Warnings = null, Attachments = new Dictionary<string, TestAttachment>(),
        });
        _ = bus.QueueMessage(new TestCaseFinished
        {
            AssemblyUniqueID = assembly, TestCollectionUniqueID = collection, TestClassUniqueID = type, TestMethodUniqueID = method, TestCaseUniqueID = UniqueID,
            ExecutionTime = result.Seconds, TestsFailed = 0, TestsNotRun = 0, TestsSkipped = 0, TestsTotal = 1,
        });
        return new RunSummary { Total = 1, Time = result.Seconds };
    }
}
