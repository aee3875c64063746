using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.CustomResources;

/// <summary>The status of a definition: accepted names, stored versions and the conditions that kubectl wait asks for.</summary>
internal static class DefinitionStatus
{
    /// <summary>Writes the status into the definition; a condition keeps its time while its answer stays.</summary>
    public static void Fill(JsonObject definition, string? conflict, bool isEnding, string now)
    {
        var spec = definition.Object("spec")!;
        var status = definition.Ensure("status");
        var isAccepted = conflict is null;
        var conditions = status.Objects("conditions").Select(condition => (JsonObject)condition.DeepClone()).ToList();
        Set(conditions, "NamesAccepted", isAccepted, isAccepted ? "NoConflicts" : "NameConflict", conflict ?? "no conflicts found", now);
        var wasEstablished = conditions.Exists(condition => condition.Text("type") == "Established" && condition.Text("status") == "True");
        Set(conditions, "Established", isAccepted || wasEstablished, isAccepted || wasEstablished ? "InitialNamesAccepted" : "NotAccepted", isAccepted || wasEstablished ? "the initial names have been accepted" : "not all names are accepted", now);
        if (isEnding)
        {
            Set(conditions, "Terminating", true, "InstanceDeletionInProgress", "CustomResource deletion is in progress", now);
        }

        var list = new JsonArray();
        foreach (var condition in conditions)
        {
            list.Add((JsonNode)condition);
        }

        status["conditions"] = list;
        if (isAccepted)
        {
            status["acceptedNames"] = spec["names"]!.DeepClone();
        }
        else
        {
            status["acceptedNames"] ??= new JsonObject { ["kind"] = string.Empty, ["plural"] = string.Empty };
        }

        var stored = status.Array("storedVersions") ?? new JsonArray();
        foreach (var version in spec.Objects("versions").Where(version => version.Flag("storage")).Select(version => version.Text("name")!))
        {
            if (!stored.Any(item => item.AsText() == version))
            {
                stored.Add((JsonNode)version);
            }
        }

        if (stored.Parent is null)
        {
            status["storedVersions"] = stored;
        }
    }

    private static void Set(List<JsonObject> conditions, string type, bool holds, string reason, string message, string now)
    {
        var text = holds ? "True" : "False";
        var there = conditions.Find(condition => condition.Text("type") == type);
        if (there is null)
        {
            there = new JsonObject { ["type"] = type };
            conditions.Add(there);
        }

        if (there.Text("status") != text)
        {
            there["lastTransitionTime"] = now;
        }

        there["status"] = text;
        there["reason"] = reason;
        there["message"] = message;
    }
}
