using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Watch;

/// <summary>Which objects a watch is about, and what a change means to it.</summary>
internal sealed class WatchScope(string? @namespace, string? name, ListOptions options)
{
    public string? Namespace { get; } = @namespace;

    public bool Matches(StoredObject item) =>
        (Namespace is null || item.Namespace == Namespace)
        && (name is null || item.Name == name)
        && options.Labels.Matches(item.Labels)
        && options.Fields.Matches(item);

    /// <summary>ADDED, MODIFIED or DELETED as this watch sees it: an object that leaves the selection is deleted to it. Null if unseen.</summary>
    public string? TypeOf(WatchEvent change)
    {
        var was = change.Previous is not null && Matches(change.Previous);
        if (change.Kind == WriteKind.Delete)
        {
            return was ? "DELETED" : null;
        }

        return (was, Matches(change.Object)) switch
        {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            _ => null,
        };
    }
}
