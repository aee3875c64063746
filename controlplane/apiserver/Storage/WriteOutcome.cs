namespace Podwire.ApiServer.Storage;

/// <summary>The result and, when written, the object (for a delete: its last state).</summary>
internal readonly record struct WriteOutcome(WriteResult Result, StoredObject? Object);
