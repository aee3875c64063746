using System.Text.Json.Nodes;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Schema;

namespace Podwire.ApiServer.OpenApi;

/// <summary>Builds the document of one group version: its paths and the types they reach.</summary>
internal sealed class OpenApiDocument(ApiSchema schema, IReadOnlyList<ApiResource> resources)
{
    private const string Reference = "#/components/schemas/";

    private static readonly (string Name, string Type, string Text)[] WriteParameters =
    [
        ("dryRun", "string", "All runs every stage of the request except storing the result."),
        ("fieldManager", "string", "The name of the actor that makes the change."),
        ("fieldValidation", "string", "What becomes of unknown and duplicate fields: Ignore, Warn or Strict."),
    ];

    private static readonly (string Name, string Type, string Text)[] ListParameters =
    [
        ("allowWatchBookmarks", "boolean", "Asks a watch for BOOKMARK events."),
        ("continue", "string", "Where a chunked list goes on, from the previous answer."),
        ("fieldSelector", "string", "Selects by fields."),
        ("labelSelector", "string", "Selects by labels."),
        ("limit", "integer", "The most objects in one answer."),
        ("resourceVersion", "string", "The oldest version to answer from, or the version to watch from."),
        ("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."),
        ("sendInitialEvents", "boolean", "Begins a watch with the objects there are."),
        ("timeoutSeconds", "integer", "How long the call may last."),
        ("watch", "boolean", "Streams changes instead of listing."),
    ];

    /// <summary>Stands for a body in one of the patch types.</summary>
    private static readonly JsonObject PatchBody = [];

    private readonly JsonObject schemas = [];

    public JsonObject Build()
    {
        var paths = new JsonObject();
        foreach (var resource in resources)
        {
            AddPaths(paths, resource);
        }

        AddScalars();
        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = ServerVersion.GitVersion },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private void AddPaths(JsonObject paths, ApiResource resource)
    {
        var root = resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.GroupVersion}";
        var all = $"{root}/{resource.Plural}";
        var collection = resource.IsNamespaced ? $"{root}/namespaces/{{namespace}}/{resource.Plural}" : all;
        var type = Ref(resource.SchemaDocument is null ? Add(resource.SchemaType, resource.Group, resource.Version, resource.Kind) : AddDeclared(resource));
        var list = Ref(AddList(resource));
        var options = Ref(Add("meta.DeleteOptions", string.Empty, "v1", "DeleteOptions"));
        var status = Ref(Add("meta.Status", string.Empty, "v1", "Status"));
        if (resource.IsNamespaced)
        {
            paths[all] = Item(resource, all, ("get", "list", null, list, ListParameters));
        }

        paths[collection] = Item(
            resource,
            collection,
            ("get", "list", null, list, ListParameters),
            ("post", "post", type, type, WriteParameters),
            ("delete", "deletecollection", options, status, ListParameters));
        paths[collection + "/{name}"] = Item(
            resource,
            collection + "/{name}",
            ("get", "get", null, type, []),
            ("put", "put", type, type, WriteParameters),
            ("patch", "patch", PatchBody, type, [.. WriteParameters, ("force", "boolean", "Takes fields over from other managers; only for apply patches.")]),
            ("delete", "delete", options, status, WriteParameters[..1]));
        foreach (var subresource in resource.Subresources.Where(subresource => subresource.Name is "status" or "scale"))
        {
            var body = subresource.Name == "scale" ? Ref(Add("autoscaling.Scale", "autoscaling", "v1", "Scale")) : type;
            var path = $"{collection}/{{name}}/{subresource.Name}";
            paths[path] = Item(
                resource,
                path,
                ("get", "get", null, body, []),
                ("put", "put", body, body, WriteParameters),
                ("patch", "patch", PatchBody, body, WriteParameters));
        }
    }

    private static JsonObject Item(ApiResource resource, string path, params ReadOnlySpan<(string Method, string Action, JsonObject? Body, JsonObject Answer, (string Name, string Type, string Text)[] Parameters)> operations)
    {
        var item = new JsonObject();
        foreach (var (method, action, body, answer, parameters) in operations)
        {
            var operation = new JsonObject
            {
                ["operationId"] = $"{action}_{path.Trim('/').Replace('/', '_').Replace("{", string.Empty, StringComparison.Ordinal).Replace("}", string.Empty, StringComparison.Ordinal)}",
                ["parameters"] = new JsonArray([.. parameters.Select(Parameter)]),
                ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK", ["content"] = Content("application/json", answer) } },
                ["x-kubernetes-action"] = action,
                ["x-kubernetes-group-version-kind"] = Kind(resource.Group, resource.Version, resource.Kind),
            };
            if (body is not null)
            {
                operation["requestBody"] = new JsonObject { ["content"] = ReferenceEquals(body, PatchBody) ? PatchContent(resource) : Content("*/*", body) };
            }

            item[method] = operation;
        }

        if (path.Contains('{'))
        {
            item["parameters"] = new JsonArray([.. path.Split('/').Where(step => step.StartsWith('{')).Select(step => (JsonNode)new JsonObject
            {
                ["name"] = step[1..^1],
                ["in"] = "path",
                ["required"] = true,
                ["schema"] = new JsonObject { ["type"] = "string" },
            })]);
        }

        return item;
    }

    /// <summary>The patch types; kubectl reads here that strategic merge is for built-in types only.</summary>
    private static JsonObject PatchContent(ApiResource resource)
    {
        var content = new JsonObject();
        foreach (var type in resource.Structure is null ? [MediaTypes.JsonPatch, MediaTypes.MergePatch, MediaTypes.StrategicMergePatch] : new[] { MediaTypes.JsonPatch, MediaTypes.MergePatch })
        {
            content[type] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object" } };
        }

        return content;
    }

    private static JsonObject Content(string type, JsonObject body) => new() { [type] = new JsonObject { ["schema"] = body.DeepClone() } };

    private static JsonNode Parameter((string Name, string Type, string Text) parameter) => new JsonObject
    {
        ["name"] = parameter.Name,
        ["in"] = "query",
        ["description"] = parameter.Text,
        ["schema"] = new JsonObject { ["type"] = parameter.Type, ["uniqueItems"] = true },
    };

    private static JsonObject Ref(string fullName) => new() { ["$ref"] = Reference + fullName };

    private static JsonObject Kind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private string Add(string typeName, string? group = null, string? version = null, string? kind = null)
    {
        var type = schema[typeName];
        if (!schemas.ContainsKey(type.FullName))
        {
            var node = new JsonObject();
            schemas[type.FullName] = node;
            Fill(node, type);
        }

        if (kind is not null)
        {
            schemas[type.FullName]!["x-kubernetes-group-version-kind"] = new JsonArray(Kind(group!, version!, kind));
        }

        return type.FullName;
    }

    /// <summary>The schema of a CustomResourceDefinition, with what every object has.</summary>
    private string AddDeclared(ApiResource resource)
    {
        var meta = Add("meta.ObjectMeta");
        var node = (JsonObject)resource.SchemaDocument!.DeepClone();
        var properties = node["properties"] as JsonObject ?? [];
        node["properties"] = properties.Parent is null ? properties : properties.DeepClone();
        var own = node["properties"]!.AsObject();
        own["apiVersion"] = new JsonObject { ["type"] = "string" };
        own["kind"] = new JsonObject { ["type"] = "string" };
        own["metadata"] = new JsonObject { ["allOf"] = new JsonArray(Ref(meta)) };
        node["x-kubernetes-group-version-kind"] = new JsonArray(Kind(resource.Group, resource.Version, resource.Kind));
        schemas[resource.SchemaName] = node;
        return resource.SchemaName;
    }

    private string AddList(ApiResource resource)
    {
        var name = resource.SchemaName + "List";
        var meta = Add("meta.ListMeta");
        schemas[name] = new JsonObject
        {
            ["description"] = $"A list of {resource.Kind} objects.",
            ["type"] = "object",
            ["required"] = new JsonArray("items"),
            ["properties"] = new JsonObject
            {
                ["apiVersion"] = new JsonObject { ["type"] = "string" },
                ["items"] = new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = new JsonObject { ["default"] = new JsonObject(), ["allOf"] = new JsonArray(Ref(resource.SchemaName)) },
                },
                ["kind"] = new JsonObject { ["type"] = "string" },
                ["metadata"] = new JsonObject { ["default"] = new JsonObject(), ["allOf"] = new JsonArray(Ref(meta)) },
            },
            ["x-kubernetes-group-version-kind"] = new JsonArray(Kind(resource.Group, resource.Version, resource.Kind + "List")),
        };
        return name;
    }

    private void Fill(JsonObject node, SchemaType type)
    {
        node["description"] = type.Text;
        node["type"] = "object";
        var required = type.Fields.Where(field => field.IsRequired).Select(field => (JsonNode)JsonValue.Create(field.Name)).ToArray();
        if (required.Length > 0)
        {
            node["required"] = new JsonArray(required);
        }

        var properties = new JsonObject();
        foreach (var field in type.Fields)
        {
            properties[field.Name] = Property(field);
        }

        node["properties"] = properties;
        if (type.IsAtomic)
        {
            node["x-kubernetes-map-type"] = "atomic";
        }
    }

    private JsonObject Property(SchemaField field)
    {
        var shape = Shape(field.Shape);
        var property = new JsonObject();
        if (field.Text.Length > 0)
        {
            property["description"] = field.Text;
        }

        if (shape.ContainsKey("$ref"))
        {
            property["allOf"] = new JsonArray(shape);
        }
        else
        {
            foreach (var (name, value) in shape)
            {
                property[name] = value?.DeepClone();
            }
        }

        if (field.Merges || field.RetainsKeys)
        {
            property["x-kubernetes-patch-strategy"] = string.Join(',', new[] { field.Merges ? "merge" : null, field.RetainsKeys ? "retainKeys" : null }.Where(word => word is not null));
        }

        if (field.MergeKey is { } key)
        {
            property["x-kubernetes-patch-merge-key"] = key;
        }

        if (field.ListType is { } listType)
        {
            property["x-kubernetes-list-type"] = listType;
        }

        if (field.ListKeys.Count > 0)
        {
            property["x-kubernetes-list-map-keys"] = new JsonArray([.. field.ListKeys.Select(name => (JsonNode)JsonValue.Create(name))]);
        }

        if (field.MapType is { } mapType)
        {
            property["x-kubernetes-map-type"] = mapType;
        }

        return property;
    }

    private JsonObject Shape(SchemaShape shape) => shape.Kind switch
    {
        SchemaKind.Text when shape.Values is { } values => new() { ["type"] = "string", ["enum"] = new JsonArray([.. values.Select(value => (JsonNode)JsonValue.Create(value))]) },
        SchemaKind.Text => new() { ["type"] = "string" },
        SchemaKind.Bytes => new() { ["type"] = "string", ["format"] = "byte" },
        SchemaKind.Bool => new() { ["type"] = "boolean" },
        SchemaKind.Int32 => new() { ["type"] = "integer", ["format"] = "int32" },
        SchemaKind.Int64 => new() { ["type"] = "integer", ["format"] = "int64" },
        SchemaKind.Double => new() { ["type"] = "number", ["format"] = "double" },
        SchemaKind.Quantity => Ref(SchemaNames.Quantity),
        SchemaKind.IntOrString => Ref(SchemaNames.IntOrString),
        SchemaKind.Time => Ref(SchemaNames.Time),
        SchemaKind.MicroTime => Ref(SchemaNames.MicroTime),
        SchemaKind.List => new() { ["type"] = "array", ["items"] = Element(shape.Element!) },
        SchemaKind.Map => new() { ["type"] = "object", ["additionalProperties"] = Element(shape.Element!) },
        SchemaKind.Object => Ref(Add(shape.TypeName!)),
        SchemaKind.Json => [],
        _ => new() { ["type"] = "object" },
    };

    private JsonObject Element(SchemaShape shape)
    {
        var element = Shape(shape);
        return element.ContainsKey("$ref") && shape.Kind == SchemaKind.Object
            ? new JsonObject { ["default"] = new JsonObject(), ["allOf"] = new JsonArray(element) }
            : element;
    }

    private void AddScalars()
    {
        schemas[SchemaNames.Quantity] = new JsonObject { ["description"] = "An amount of a resource: a number and a suffix, such as 500m, 2 or 64Mi.", ["oneOf"] = OneOf("string", "number") };
        schemas[SchemaNames.IntOrString] = new JsonObject { ["description"] = "A number, or a text such as a name or a percentage.", ["format"] = "int-or-string", ["oneOf"] = OneOf("integer", "string") };
        schemas[SchemaNames.Time] = new JsonObject { ["description"] = "A time in RFC 3339, in seconds.", ["type"] = "string", ["format"] = "date-time" };
        schemas[SchemaNames.MicroTime] = new JsonObject { ["description"] = "A time in RFC 3339, in microseconds.", ["type"] = "string", ["format"] = "date-time" };
    }

    private static JsonArray OneOf(string first, string second) => new(new JsonObject { ["type"] = first }, new JsonObject { ["type"] = second });
}
