using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Tables;

/// <summary>Columns of configmaps, secrets and serviceaccounts.</summary>
internal static class ConfigTables
{
    internal static readonly TableColumn Name = new("Name", "The object's name.", Format: "name");
    internal static readonly TableColumn Age = new("Age", "The time since the object was created.");

    public static TableDefinition ConfigMap { get; } = new(
        [Name, new("Data", "How many keys it holds."), Age],
        (item, now) => [item.Name(), (long)(item.Count("data") + item.Count("binaryData")), item.Age(now)]);

    public static TableDefinition Secret { get; } = new(
        [Name, new("Type", "What the data is for."), new("Data", "How many keys it holds."), Age],
        (item, now) => [item.Name(), item.Text("type"), (long)item.Count("data"), item.Age(now)]);

    public static TableDefinition ServiceAccount { get; } = new(
        [Name, new("Secrets", "How many secrets pods of this account may use."), Age],
        (item, now) => [item.Name(), (long)item.Count("secrets"), item.Age(now)]);
}
