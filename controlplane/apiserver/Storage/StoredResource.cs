namespace Podwire.ApiServer.Storage;

/// <summary>
/// What the store has to know of a resource: its <paramref name="Id"/> (<c>pods</c>, <c>deployments.apps</c>) and the
/// dotted paths that field selectors may name besides metadata.name and metadata.namespace.
/// </summary>
internal sealed record StoredResource(string Id, IReadOnlyList<string> SelectableFields);
