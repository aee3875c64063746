using System.Text.Json;

namespace Podwire.ApiServer.Tables;

/// <summary>Columns of networkpolicies.</summary>
internal static class NetworkingTables
{
    public static TableDefinition NetworkPolicy { get; } = new(
        [ConfigTables.Name, new("Pod-Selector", "The pods that the policy applies to."), ConfigTables.Age],
        (item, now) => [item.Name(), Selector(item.At("spec", "podSelector")), item.Age(now)]);

    /// <summary>A label selector in the form that kubectl's --selector takes, or &lt;none&gt; for one that selects all.</summary>
    private static string Selector(JsonElement? selector)
    {
        if (selector is not { ValueKind: JsonValueKind.Object } found)
        {
            return Cell.None;
        }

        var labels = found.At("matchLabels") is { ValueKind: JsonValueKind.Object } map
            ? map.EnumerateObject().OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => $"{entry.Name}={entry.Value}")
            : [];
        return Cell.Join(labels.Concat(found.Items("matchExpressions").Select(Term)));
    }

    private static string Term(JsonElement term)
    {
        var values = string.Join(',', term.Items("values").Select(value => value.GetString()));
        return term.Text("operator") switch
        {
            "Exists" => term.Text("key"),
            "DoesNotExist" => $"!{term.Text("key")}",
            "In" => $"{term.Text("key")} in ({values})",
            _ => $"{term.Text("key")} notin ({values})",
        };
    }
}
