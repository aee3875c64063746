using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Schema;

namespace Podwire.ApiServer.CustomResources.Structure;

/// <summary>
/// Removes what the schema does not declare, and nulls where a field may not be null or has a default
/// (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning). Values of the wrong type are left to <see cref="StructuralValidator"/>.
/// </summary>
internal sealed class StructuralPruner(SchemaFindings findings)
{
    private static readonly string[] ObjectFields = ["apiVersion", "kind", "metadata"];

    /// <summary>Prunes a whole object: its metadata by the type that every object's metadata has.</summary>
    public void Prune(JsonObject item, StructuralSchema schema) => PruneObject(item, schema, string.Empty, isResource: true);

    private void PruneObject(JsonObject node, StructuralSchema schema, string path, bool isResource)
    {
        foreach (var (name, value) in node.ToArray())
        {
            var at = path.Length == 0 ? name : $"{path}.{name}";
            if (isResource && ObjectFields.Contains(name))
            {
                if (name == "metadata" && value is JsonObject metadata)
                {
                    new SchemaChecker(ApiSchema.BuiltIn, findings).Check(metadata, "meta.ObjectMeta", at);
                }

                continue;
            }

            var field = schema.Properties.GetValueOrDefault(name) ?? schema.Additional;
            if (field is null)
            {
                if (!schema.KeepsUnknown && !schema.TakesAnyProperty)
                {
                    findings.Unknown.Add(at);
                    node.Remove(name);
                }
            }
            else if (value is null)
            {
                if (!field.IsNullable)
                {
                    node.Remove(name);
                }
            }
            else
            {
                PruneValue(value, field, at);
            }
        }
    }

    private void PruneValue(JsonNode value, StructuralSchema schema, string path)
    {
        switch (value)
        {
            case JsonObject node:
                PruneObject(node, schema, path, schema.IsEmbeddedResource);
                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i] is { } item)
                    {
                        PruneValue(item, items, $"{path}[{i}]");
                    }
                }

                break;
        }
    }
}
