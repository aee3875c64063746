using System.Text.Json.Nodes;
using Podwire.ApiServer.CustomResources.Structure;
using Podwire.ApiServer.Schema;
using Podwire.ApiServer.Storage;
using Podwire.ApiServer.Tables;

namespace Podwire.ApiServer.Rest;

/// <summary>One row of the resource table: everything the server knows of a resource is here or hangs off it.</summary>
internal sealed class ApiResource
{
    private readonly Lazy<StoredResource> stored;

    public ApiResource() => stored = new(() => new StoredResource(QualifiedName, SelectableFields));

    public string Group { get; init; } = string.Empty;

    public string Version { get; init; } = "v1";

    public required string Kind { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public string[] ShortNames { get; init; } = [];

    public string[] Categories { get; init; } = [];

    public bool IsNamespaced { get; init; } = true;

    public bool CanDeleteCollection { get; init; } = true;

    public ApiSubresource[] Subresources { get; init; } = [];

    /// <summary>The type of the objects in the schema.</summary>
    public required string SchemaType { get; init; }

    /// <summary>The schema of the objects where a CustomResourceDefinition declares the resource; null for those that are built in.</summary>
    public StructuralSchema? Structure { get; init; }

    /// <summary>The schema as the definition's author wrote it, for OpenAPI.</summary>
    public JsonObject? SchemaDocument { get; init; }

    /// <summary>The type's name in OpenAPI documents.</summary>
    public string SchemaName => Structure is null
        ? SchemaNames.FullName(SchemaType)
        : $"{string.Join('.', Enumerable.Reverse(Group.Split('.')))}.{Version}.{Kind}";

    /// <summary>Ends when the resource is no longer served, and its watches with it.</summary>
    public CancellationToken Withdrawn { get; init; }

    /// <summary>What field selectors may name besides metadata.name and metadata.namespace.</summary>
    public string[] SelectableFields { get; init; } = [];

    public required ResourceStrategy Strategy { get; init; }

    public required TableDefinition Table { get; init; }

    /// <summary>Reserves what the object needs outside of itself; set by the server that owns the allocators.</summary>
    public IWriteHook? Hook { get; set; }

    /// <summary>What follows the creation of an object of this name: a namespace gets its default account.</summary>
    public Func<string, Task>? AfterCreate { get; set; }

    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string GroupVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary><c>pods</c> or <c>deployments.apps</c>.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary><c>Pod</c> or <c>Deployment.apps</c>.</summary>
    public string QualifiedKind => Group.Length == 0 ? Kind : $"{Kind}.{Group}";

    public StoredResource Stored => stored.Value;

    public string[] Verbs => CanDeleteCollection
        ? ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        : ["create", "delete", "get", "list", "patch", "update", "watch"];

    public bool HasSubresource(string name) => Array.Exists(Subresources, subresource => subresource.Name == name);
}
