using System.Text.Json;
using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Tables;

/// <summary>The columns of a resource and the function that fills a row's cells from an object's JSON at a time.</summary>
internal sealed record TableDefinition(IReadOnlyList<TableColumn> Columns, Func<JsonElement, DateTimeOffset, JsonNode?[]> Cells);
