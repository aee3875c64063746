namespace Podwire.ApiServer.Storage;

/// <summary>What a write does to its key.</summary>
internal enum WriteKind
{
    Create,
    Update,
    Delete,
}
