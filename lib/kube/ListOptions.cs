namespace Podwire.Kube;

/// <summary>What to list or watch.</summary>
public sealed record ListOptions
{
    /// <summary>Everything.</summary>
    public static ListOptions None { get; } = new();

    /// <summary>Only objects whose labels match, such as <c>app=web,tier!=db</c>.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Only objects whose fields match, such as <c>spec.nodeName=node1</c>.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>The version to read or to watch from; <c>0</c> lists whatever the server has at hand.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary><c>NotOlderThan</c> or <c>Exact</c>, with <see cref="ResourceVersion"/>.</summary>
    public string? ResourceVersionMatch { get; init; }

    /// <summary>At most so many objects per page.</summary>
    public int? Limit { get; init; }

    /// <summary>Token of the next page, from the last one's metadata.</summary>
    public string? Continue { get; init; }

    /// <summary>Watches: seconds after which the server ends the stream.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>Watches: whether the server may send bookmarks, which carry only a version.</summary>
    public bool AllowWatchBookmarks { get; init; }

    internal string Query(bool watch)
    {
        var query = new QueryString();
        query.Add("labelSelector", LabelSelector);
        query.Add("fieldSelector", FieldSelector);
        query.Add("resourceVersion", ResourceVersion);
        query.Add("resourceVersionMatch", ResourceVersionMatch);
        query.Add("limit", Limit);
        query.Add("continue", Continue);
        query.Add("timeoutSeconds", TimeoutSeconds);
        query.Add("allowWatchBookmarks", AllowWatchBookmarks ? "true" : null);
        query.Add("watch", watch ? "true" : null);
        return query.ToString();
    }
}
