using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Tables;

namespace Podwire.ApiServer.CustomResources;

/// <summary>The row of CustomResourceDefinitions in the resource table.</summary>
internal static class DefinitionResource
{
    public const string Group = "apiextensions.k8s.io";

    public static ApiResource Create() => new()
    {
        Group = Group,
        Kind = "CustomResourceDefinition",
        Plural = "customresourcedefinitions",
        Singular = "customresourcedefinition",
        ShortNames = ["crd", "crds"],
        Categories = ["api-extensions"],
        IsNamespaced = false,
        SchemaType = "apiextensions.CustomResourceDefinition",
        Subresources = [new("status", Group, "v1", "CustomResourceDefinition", "get", "patch", "update")],
        Strategy = new DefinitionStrategy(),
        Table = new(
            [ConfigTables.Name, new("Created At", "When the definition was created.", Type: "date")],
            (item, _) => [item.Name(), item.Text("metadata", "creationTimestamp")]),
    };
}
