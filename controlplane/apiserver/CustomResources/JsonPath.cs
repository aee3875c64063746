using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Podwire.ApiServer.CustomResources;

/// <summary>
/// The paths of printer columns and selectable fields: <c>.spec.cidr</c>, <c>.items[0]</c>, <c>.items[*].name</c>,
/// <c>.metadata.labels.app\.io/name</c>, <c>['key']</c> and <c>[?(@.type=="Ready")]</c> (k8s.io/client-go/util/jsonpath).
/// </summary>
internal sealed class JsonPath
{
    private readonly List<Step> steps;

    private JsonPath(List<Step> steps) => this.steps = steps;

    /// <summary>The path as dotted names, if it consists of nothing else.</summary>
    public string? Dotted => steps.TrueForAll(step => step is { Name: not null, FilterName: null }) ? string.Join('.', steps.Select(step => step.Name)) : null;

    public static bool TryParse(string? text, [NotNullWhen(true)] out JsonPath? path)
    {
        path = null;
        var steps = new List<Step>();
        if (string.IsNullOrEmpty(text) || text[0] is not ('.' or '['))
        {
            return false;
        }

        for (var i = 0; i < text.Length;)
        {
            if (!(text[i] == '.' ? TryName(text, ref i, steps) : TryBracket(text, ref i, steps)))
            {
                return false;
            }
        }

        path = new JsonPath(steps);
        return steps.Count > 0;
    }

    /// <summary>The values that the path leads to.</summary>
    public IEnumerable<JsonElement> Find(JsonElement root)
    {
        IEnumerable<JsonElement> found = [root];
        foreach (var step in steps)
        {
            found = found.SelectMany(element => Follow(element, step));
        }

        return found;
    }

    private static IEnumerable<JsonElement> Follow(JsonElement element, Step step)
    {
        if (step.Name is { } name)
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var field) ? [field] : [];
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        var items = element.EnumerateArray().ToArray();
        if (step.FilterName is { } filter)
        {
            return items.Where(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(filter, out var value) && value.ToString() == step.FilterValue);
        }

        if (step.Index is not { } index)
        {
            return items;
        }

        index += index < 0 ? items.Length : 0;
        return index >= 0 && index < items.Length ? [items[index]] : [];
    }

    private static bool TryName(string text, ref int i, List<Step> steps)
    {
        var name = new System.Text.StringBuilder();
        for (i++; i < text.Length && text[i] is not ('.' or '['); i++)
        {
            // \. stands for a dot inside of a name.
            i += text[i] == '\\' && i + 1 < text.Length ? 1 : 0;
            name.Append(text[i]);
        }

        if (name.Length == 0)
        {
            // A dot before a bracket says nothing.
            return i < text.Length && text[i] == '[';
        }

        steps.Add(name.ToString() == "*" ? new Step(null) : new Step(name.ToString()));
        return true;
    }

    private static bool TryBracket(string text, ref int i, List<Step> steps)
    {
        var end = text.IndexOf(']', i);
        if (end < 0)
        {
            return false;
        }

        var inner = text[(i + 1)..end].Trim();
        i = end + 1;
        if (inner == "*")
        {
            steps.Add(new Step(null));
        }
        else if (int.TryParse(inner, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            steps.Add(new Step(null, index));
        }
        else if (inner.Length > 2 && inner[0] is '\'' or '"' && inner[^1] == inner[0])
        {
            steps.Add(new Step(inner[1..^1]));
        }
        else if (inner.StartsWith("?(@.", StringComparison.Ordinal) && inner[^1] == ')' && inner[4..^1].Split("==") is [var name, var value])
        {
            steps.Add(new Step(null, null, name.Trim(), value.Trim().Trim('"', '\'')));
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>A name, an index, all items (neither), or the items with a field of one value.</summary>
    private sealed record Step(string? Name, int? Index = null, string? FilterName = null, string? FilterValue = null);
}
