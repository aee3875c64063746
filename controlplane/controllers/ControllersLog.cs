using Microsoft.Extensions.Logging;

namespace Podwire.Controllers;

internal static partial class ControllersLog
{
    [LoggerMessage(1, LogLevel.Information, "{Count} controllers run: {Names}")]
    public static partial void Started(ILogger logger, int count, string names);

    [LoggerMessage(2, LogLevel.Warning, "{Controller} does not run: the API server does not serve {Resource}")]
    public static partial void NotServed(ILogger logger, string controller, string resource);

    [LoggerMessage(3, LogLevel.Warning, "{Controller}: {Key} failed {Failures} times in a row: {Reason}")]
    public static partial void SyncFailed(ILogger logger, string controller, string key, int failures, string reason, Exception? exception);

    [LoggerMessage(4, LogLevel.Debug, "{Controller}: {Key} is tried again: {Reason}")]
    public static partial void Retry(ILogger logger, string controller, string key, string reason);

    [LoggerMessage(5, LogLevel.Error, "{Controller} ended unexpectedly and starts again in {Seconds} s")]
    public static partial void Crashed(ILogger logger, string controller, double seconds, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "the API server's resources cannot be read: {Reason}; trying again")]
    public static partial void DiscoveryFailed(ILogger logger, string reason);

    [LoggerMessage(10, LogLevel.Information, "pod {Pod} goes to {Node}")]
    public static partial void Bound(ILogger logger, string pod, string node);

    [LoggerMessage(11, LogLevel.Information, "pod {Pod} finds no node: {Reason}")]
    public static partial void Unschedulable(ILogger logger, string pod, string reason);

    [LoggerMessage(12, LogLevel.Warning, "pod {Pod} could not be bound to {Node}: {Reason}")]
    public static partial void BindFailed(ILogger logger, string pod, string node, string reason);

    [LoggerMessage(20, LogLevel.Information, "node {Node} has pod networks {Networks}")]
    public static partial void NetworksAssigned(ILogger logger, string node, string networks);

    [LoggerMessage(21, LogLevel.Warning, "no pod network is left for node {Node}")]
    public static partial void NetworksExhausted(ILogger logger, string node);

    [LoggerMessage(30, LogLevel.Warning, "node {Node} has not been heard of since {Since:O}: its state is unknown")]
    public static partial void NodeSilent(ILogger logger, string node, DateTimeOffset since);

    [LoggerMessage(31, LogLevel.Information, "node {Node} has taints {Taints}")]
    public static partial void NodeTainted(ILogger logger, string node, string taints);

    [LoggerMessage(32, LogLevel.Information, "pod {Pod} leaves node {Node}, whose taints it does not tolerate (any longer)")]
    public static partial void Evicted(ILogger logger, string pod, string node);

    [LoggerMessage(40, LogLevel.Information, "pod {Pod} is removed: {Reason}")]
    public static partial void PodCollected(ILogger logger, string pod, string reason);

    [LoggerMessage(50, LogLevel.Information, "namespace {Namespace} is empty and gone")]
    public static partial void NamespaceGone(ILogger logger, string @namespace);

    [LoggerMessage(60, LogLevel.Information, "{Object} is deleted: none of its owners is left ({Policy})")]
    public static partial void GarbageDeleted(ILogger logger, string @object, string policy);

    [LoggerMessage(61, LogLevel.Information, "garbage collection follows {Count} resources")]
    public static partial void GarbageResources(ILogger logger, int count);

    [LoggerMessage(70, LogLevel.Information, "{Deployment}: replica set {Set} goes from {Before} to {After} pods")]
    public static partial void Resized(ILogger logger, string deployment, string set, int before, int after);

    [LoggerMessage(71, LogLevel.Information, "replica set {Set}: {Created} pods made, {Deleted} deleted")]
    public static partial void Replicated(ILogger logger, string set, int created, int deleted);
}
