namespace Podwire.Controllers.Runtime;

/// <summary>One of the controllers: it runs until cancelled, and starts only when the resources it needs are served and synced.</summary>
internal interface IController
{
    /// <summary>Its name, as the log gives it.</summary>
    string Name { get; }

    /// <summary>Runs; returns when cancelled.</summary>
    Task RunAsync(CancellationToken cancel);
}
