namespace Podwire.Kube;

/// <summary>What a watch tells.</summary>
public enum WatchEventType
{
    /// <summary>A new object, or one that now matches the selector.</summary>
    Added,

    /// <summary>A changed object.</summary>
    Modified,

    /// <summary>A removed object in its last state, or one that no longer matches.</summary>
    Deleted,

    /// <summary>No object: only how far the watch has come, in the object's resource version.</summary>
    Bookmark,
}
