using Microsoft.Extensions.Logging;
using Podwire.NetPolicy.State;

namespace Podwire.NetPolicy;

/// <summary>What is logged of the daemon.</summary>
internal static partial class PolicyLog
{
    [LoggerMessage(1, LogLevel.Information, "node {Node}, API server {Server}, back end {Backend}, established connections: {Established}")]
    public static partial void Starting(ILogger logger, string node, Uri server, string backend, string established);

    [LoggerMessage(2, LogLevel.Information, "ended; the rules stay")]
    public static partial void Ended(ILogger logger);

    [LoggerMessage(3, LogLevel.Information, "every rule of the enforcer was removed")]
    public static partial void CleanedUp(ILogger logger);

    [LoggerMessage(4, LogLevel.Information, "ClusterNetworkPolicies {Why}; going on without them")]
    public static partial void NoClusterPolicies(ILogger logger, string why);

    [LoggerMessage(5, LogLevel.Warning, "whether ClusterNetworkPolicies are served could not be told: {Reason}")]
    public static partial void ClusterPoliciesUnknown(ILogger logger, string reason);

    [LoggerMessage(6, LogLevel.Warning, "policy {Policy} fails closed where it cannot be used: {Problem}")]
    public static partial void Unusable(ILogger logger, PolicyId policy, string problem);

    [LoggerMessage(7, LogLevel.Information, "tables loaded: {Elements} elements in {Batches} transactions")]
    public static partial void Loaded(ILogger logger, int elements, int batches);

    [LoggerMessage(8, LogLevel.Information, "tables read back: {Elements} elements and {Operations} operations differed")]
    public static partial void Verified(ILogger logger, int elements, int operations);

    [LoggerMessage(16, LogLevel.Information, "the rules of back end {Other} were removed: back end {Backend} has taken over")]
    public static partial void OtherRemoved(ILogger logger, string other, string backend);

    [LoggerMessage(18, LogLevel.Warning, "the rules of another back end stay for now: {Reason}")]
    public static partial void OtherStays(ILogger logger, string reason);

    [LoggerMessage(17, LogLevel.Warning, "{Domain} has the addresses that it had: {Reason}")]
    public static partial void Unresolved(ILogger logger, string domain, string reason);

    [LoggerMessage(19, LogLevel.Information, "policies have domain names with wildcards: the resolver's answers to their pods are {How}")]
    public static partial void AnswersObserved(ILogger logger, string how);

    [LoggerMessage(20, LogLevel.Warning, "the resolver's answers cannot be looked at ({Reason}): nothing new is accepted by wildcards")]
    public static partial void AnswersUnobserved(ILogger logger, string reason);

    [LoggerMessage(21, LogLevel.Warning, "answers of the resolver came faster than they were read: some were not looked at")]
    public static partial void AnswersLost(ILogger logger);

    [LoggerMessage(22, LogLevel.Warning, "{Wildcard} has more than {Limit} addresses: those that were asked for the longest ago do not count any more")]
    public static partial void TooManyAddresses(ILogger logger, string wildcard, int limit);

    [LoggerMessage(23, LogLevel.Warning, "the addresses behind wildcards are not kept for a later start: {Reason}")]
    public static partial void AnswersNotKept(ILogger logger, string reason);

    [LoggerMessage(25, LogLevel.Warning, "connections cannot be listed ({Reason}): all addresses behind wildcards count on")]
    public static partial void ConnectionsUnknown(ILogger logger, string reason);

    [LoggerMessage(24, LogLevel.Error, "the kernel has no room for the rules of {Count} addresses, which are put aside: {Reason}")]
    public static partial void NoRoom(ILogger logger, int count, string reason);

    [LoggerMessage(9, LogLevel.Warning, "the tables were changed by somebody else; {Elements} elements put right")]
    public static partial void Repaired(ILogger logger, int elements);

    [LoggerMessage(10, LogLevel.Warning, "{Thread} (thread {ThreadId}) changed a table of ours, generation {Generation}")]
    public static partial void ForeignChange(ILogger logger, string thread, uint threadId, uint generation);

    [LoggerMessage(11, LogLevel.Warning, "{Problem}")]
    public static partial void Setting(ILogger logger, string problem);

    [LoggerMessage(12, LogLevel.Information, "bridged packets pass the rules again")]
    public static partial void SettingMended(ILogger logger);

    [LoggerMessage(13, LogLevel.Debug, "{Objects} objects changed: {Elements} elements in {Operations} operations, {Milliseconds:0.000} ms")]
    public static partial void Synced(ILogger logger, int objects, int elements, int operations, double milliseconds);

    [LoggerMessage(14, LogLevel.Information, "{Count} addresses that waited for their policies have them")]
    public static partial void Released(ILogger logger, int count);

    [LoggerMessage(15, LogLevel.Warning, "cannot listen at {Path}: {Reason}")]
    public static partial void CannotListen(ILogger logger, string path, string reason);
}
