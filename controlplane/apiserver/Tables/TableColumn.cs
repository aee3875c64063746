namespace Podwire.ApiServer.Tables;

/// <summary>A column of a Table answer; priority 1 shows with -o wide only.</summary>
internal sealed record TableColumn(string Name, string Description, int Priority = 0, string Type = "string", string Format = "");
