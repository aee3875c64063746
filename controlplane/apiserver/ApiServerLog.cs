using Microsoft.Extensions.Logging;

namespace Podwire.ApiServer;

internal static partial class ApiServerLog
{
    [LoggerMessage(1, LogLevel.Information, "serving on {Address}, store {Store} at revision {Revision}")]
    public static partial void Serving(ILogger logger, string address, string store, long revision);

    [LoggerMessage(2, LogLevel.Error, "the store failed: {Message}")]
    public static partial void StoreFailed(ILogger logger, string message);

    [LoggerMessage(3, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void RequestFailed(ILogger logger, Exception error, string method, string path);

    [LoggerMessage(4, LogLevel.Information, "ending")]
    public static partial void Ending(ILogger logger);

    [LoggerMessage(6, LogLevel.Warning, "service {Service} cannot keep all it holds: {Problem}")]
    public static partial void ServiceConflict(ILogger logger, string service, string problem);

    [LoggerMessage(8, LogLevel.Information, "{Resource} is served in {Version}")]
    public static partial void DefinitionServed(ILogger logger, string resource, string version);

    [LoggerMessage(9, LogLevel.Information, "{Resource} is served no more")]
    public static partial void DefinitionWithdrawn(ILogger logger, string resource);

    [LoggerMessage(10, LogLevel.Error, "the custom resource definitions are no longer followed")]
    public static partial void DefinitionsFailed(ILogger logger, Exception error);

    [LoggerMessage(7, LogLevel.Error, "the controllers failed")]
    public static partial void AlongsideFailed(ILogger logger, Exception error);
}
