using System.Text.Json;
using Xunit.Sdk;
using Xunit.v3;

namespace Podwire.Uml;

/// <summary>Notes the messages of a test in the folder that the guest shares, each as it comes: what a killed guest had finished stays known.</summary>
internal sealed class ResultBus(IMessageBus next, string test, string share) : IMessageBus
{
    public bool QueueMessage(IMessageSinkMessage message)
    {
        var result = message switch
        {
            ITestStarting => new UmlResult(test, UmlOutcome.Running),
            ITestPassed passed => new UmlResult(test, UmlOutcome.Passed, passed.ExecutionTime),
            ITestSkipped skipped => new UmlResult(test, UmlOutcome.Skipped, skipped.ExecutionTime, skipped.Reason),
            ITestFailed failed => new UmlResult(test, UmlOutcome.Failed, failed.ExecutionTime, string.Join('\n', failed.Messages), string.Join('\n', failed.StackTraces)),
            _ => null,
        };
        if (result is not null)
        {
            lock (typeof(ResultBus))
            {
                File.AppendAllText(Path.Combine(share, UmlGuest.ResultFile), JsonSerializer.Serialize(result) + "\n");
            }
        }

        return next.QueueMessage(message);
    }

    public void Dispose()
    {
    }
}
