using System.Text.Json.Nodes;

namespace Podwire.ApiServer.CustomResources.Structure;

/// <summary>Fills in the schema's defaults where a field is absent; idempotent.</summary>
internal static class StructuralDefaults
{
    public static void Apply(JsonNode? node, StructuralSchema schema)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, field) in schema.Properties)
                {
                    if (field.Default is { } value && (!map.ContainsKey(name) || (map[name] is null && !field.IsNullable)))
                    {
                        map[name] = value.DeepClone();
                    }
                }

                foreach (var (name, value) in map)
                {
                    if ((schema.Properties.GetValueOrDefault(name) ?? schema.Additional) is { } field)
                    {
                        Apply(value, field);
                    }
                }

                break;
            case JsonArray list when schema.Items is { } items:
                foreach (var item in list)
                {
                    Apply(item, items);
                }

                break;
        }
    }
}
