using Microsoft.Extensions.Logging;
using Podwire.Kube;

namespace Podwire.Controllers.Runtime;

/// <summary>What every controller is given.</summary>
/// <param name="Client">The API server.</param>
/// <param name="Feeds">The shared feeds.</param>
/// <param name="Options">The options.</param>
/// <param name="Loggers">Where to log.</param>
/// <param name="Time">The clock.</param>
internal sealed record ControllerContext(KubeClient Client, ClusterFeeds Feeds, ControllersOptions Options, ILoggerFactory Loggers, TimeProvider Time)
{
    private readonly List<EventRecorder> recorders = [];

    /// <summary>An event recorder that runs with the controllers.</summary>
    public EventRecorder Recorder(string component)
    {
        var recorder = new EventRecorder(Client, component, null, Time, Loggers.CreateLogger(component));
        recorders.Add(recorder);
        return recorder;
    }

    /// <summary>Writes events until cancelled.</summary>
    public Task RunRecordersAsync(CancellationToken cancel) => Task.WhenAll(recorders.Select(recorder => recorder.RunAsync(cancel)));
}
