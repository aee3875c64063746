using System.Text.Json.Nodes;
using Podwire.ApiServer.CustomResources.Structure;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.CustomResources;

/// <summary>From a valid CustomResourceDefinition to the row of the resource table that serves it.</summary>
internal static class DefinitionReader
{
    /// <summary>The resource, or null where no version is served. <paramref name="withdrawn"/> ends its watches.</summary>
    public static ApiResource? Read(JsonObject definition, CancellationToken withdrawn)
    {
        var spec = definition.Object("spec")!;
        var names = spec.Object("names")!;
        if (spec.Objects("versions").FirstOrDefault(version => version.Flag("served") && version.Flag("storage")) is not { } version)
        {
            return null;
        }

        var (group, name, kind) = (spec.Text("group")!, version.Text("name")!, names.Text("kind")!);
        var document = version.At("schema", "openAPIV3Schema")!;
        var hasStatus = version.At("subresources", "status") is not null;
        var structure = new StructuralSchemaReader(new FieldErrors()).ReadRoot(document, string.Empty);
        var subresources = new List<ApiSubresource>();
        if (hasStatus)
        {
            subresources.Add(new("status", group, name, kind, "get", "patch", "update"));
        }

        if (version.At("subresources", "scale") is not null)
        {
            subresources.Add(new("scale", "autoscaling", "v1", "Scale", "get", "patch", "update"));
        }

        return new ApiResource
        {
            Group = group,
            Version = name,
            Kind = kind,
            Plural = names.Text("plural")!,
            Singular = names.Text("singular")!,
            ShortNames = [.. names.Texts("shortNames")],
            Categories = [.. names.Texts("categories")],
            IsNamespaced = spec.Text("scope") == "Namespaced",
            SchemaType = string.Empty,
            Structure = structure,
            SchemaDocument = document,
            Subresources = [.. subresources],
            SelectableFields = [.. version.Objects("selectableFields").Select(field => JsonPath.TryParse(field.Text("jsonPath"), out var path) ? path.Dotted! : string.Empty)],
            Strategy = new CustomResourceStrategy(structure, hasStatus),
            Table = PrinterColumns.Read(version),
            Withdrawn = withdrawn,
        };
    }
}
