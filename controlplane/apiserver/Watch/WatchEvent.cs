using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Watch;

/// <summary>One change: the object as it became (for a delete: its last state at the delete's revision) and as it was.</summary>
internal sealed record WatchEvent(WriteKind Kind, StoredObject Object, StoredObject? Previous)
{
    public long Revision => Object.Revision;
}
