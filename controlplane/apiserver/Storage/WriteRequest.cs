namespace Podwire.ApiServer.Storage;

/// <summary>
/// One guarded write. <see cref="Encode"/> runs on the writer's thread with the new revision and gives the bytes to keep
/// (for a delete: the last state that watchers are told).
/// </summary>
internal sealed class WriteRequest(WriteKind kind, StoredResource resource, string key, long expectedRevision, Func<long, byte[]> encode)
{
    public WriteKind Kind { get; } = kind;

    public StoredResource Resource { get; } = resource;

    public string Key { get; } = key;

    /// <summary>The revision that the object must have for an update or delete; unused by a create.</summary>
    public long ExpectedRevision { get; } = expectedRevision;

    public Func<long, byte[]> Encode { get; } = encode;

    /// <summary>Asked on the writer's thread just before the write, with a look-up that sees the writes of the same batch; false refuses.</summary>
    public Func<Func<StoredResource, string, StoredObject?>, bool>? Guard { get; init; }

    internal TaskCompletionSource<WriteOutcome> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
