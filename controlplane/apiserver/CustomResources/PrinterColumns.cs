using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Tables;

namespace Podwire.ApiServer.CustomResources;

/// <summary>additionalPrinterColumns as a table's columns: the name first, and the age where a definition names no columns.</summary>
internal static class PrinterColumns
{
    public static TableDefinition Read(JsonObject version)
    {
        var given = version.Objects("additionalPrinterColumns").ToArray();
        if (given.Length == 0)
        {
            return new([ConfigTables.Name, ConfigTables.Age], (item, now) => [item.Name(), item.Age(now)]);
        }

        var columns = new List<TableColumn> { ConfigTables.Name };
        var paths = new List<(JsonPath Path, string Type)>();
        foreach (var column in given)
        {
            var type = column.Text("type") ?? "string";
            columns.Add(new(
                column.Text("name") ?? string.Empty,
                column.Text("description") ?? $"Custom resource definition column (in JSONPath format): {column.Text("jsonPath")}",
                (int)(column.Number("priority") ?? 0),
                type,
                column.Text("format") ?? string.Empty));
            paths.Add((JsonPath.TryParse(column.Text("jsonPath"), out var path) ? path : throw new FormatException(column.Text("jsonPath")), type));
        }

        return new(columns, (item, now) => [item.Name(), .. paths.Select(path => Value(item, path.Path, path.Type, now))]);
    }

    private static JsonNode? Value(JsonElement item, JsonPath path, string type, DateTimeOffset now)
    {
        var found = path.Find(item).ToArray();
        if (found.Length == 0)
        {
            return type == "string" ? JsonValue.Create(string.Empty) : null;
        }

        var first = found[0];
        return type switch
        {
            "date" => JsonValue.Create(Cell.Since(first.ToString(), now)),
            "integer" when first.ValueKind == JsonValueKind.Number && first.TryGetInt64(out var whole) => JsonValue.Create(whole),
            "number" when first.ValueKind == JsonValueKind.Number => JsonValue.Create(first.GetDouble()),
            "boolean" when first.ValueKind is JsonValueKind.True or JsonValueKind.False => JsonValue.Create(first.GetBoolean()),
            "string" => JsonValue.Create(found.Length == 1 ? first.ToString() : string.Join(',', found.Select(value => value.ToString()))),
            _ => null,
        };
    }
}
