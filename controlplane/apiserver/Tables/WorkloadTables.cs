using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;

namespace Podwire.ApiServer.Tables;

/// <summary>Columns of pods, deployments and replicasets.</summary>
internal static class WorkloadTables
{
    private static readonly TableColumn Containers = new("Containers", "The names of the containers in the template.", 1);
    private static readonly TableColumn Images = new("Images", "The images of the containers in the template.", 1);
    private static readonly TableColumn Selector = new("Selector", "Which pods belong to it.", 1);

    public static TableDefinition Pod { get; } = new(
        [
            ConfigTables.Name,
            new("Ready", "How many of the containers are ready."),
            new("Status", "What the pod is doing, or what keeps it."),
            new("Restarts", "How often containers were restarted, and when last."),
            ConfigTables.Age,
            new("IP", "The pod's address.", 1),
            new("Node", "The node that runs it.", 1),
            new("Nominated Node", "The node that will run it once there is room.", 1),
            new("Readiness Gates", "How many of its readiness gates are passed.", 1),
        ],
        (item, now) =>
        {
            var summary = PodSummary.Of(item, now);
            return
            [
                item.Name(),
                $"{summary.Ready}/{summary.Total}",
                summary.Status,
                summary.Restarts,
                item.Age(now),
                Cell.OrNone(item.Text("status", "podIP")),
                Cell.OrNone(item.Text("spec", "nodeName")),
                Cell.OrNone(item.Text("status", "nominatedNodeName")),
                Gates(item),
            ];
        });

    public static TableDefinition Deployment { get; } = new(
        [
            ConfigTables.Name,
            new("Ready", "Ready and wanted replicas."),
            new("Up-to-date", "Replicas of the newest template."),
            new("Available", "Replicas that have been ready long enough."),
            ConfigTables.Age,
            Containers,
            Images,
            Selector,
        ],
        (item, now) =>
        [
            item.Name(),
            $"{item.Number("status", "readyReplicas")}/{item.Number("spec", "replicas")}",
            item.Number("status", "updatedReplicas"),
            item.Number("status", "availableReplicas"),
            item.Age(now),
            ContainerNames(item),
            ContainerImages(item),
            SelectorText(item),
        ]);

    public static TableDefinition ReplicaSet { get; } = new(
        [
            ConfigTables.Name,
            new("Desired", "Wanted replicas.", Type: "integer"),
            new("Current", "Replicas there are.", Type: "integer"),
            new("Ready", "Ready replicas.", Type: "integer"),
            ConfigTables.Age,
            Containers,
            Images,
            Selector,
        ],
        (item, now) =>
        [
            item.Name(),
            item.Number("spec", "replicas"),
            item.Number("status", "replicas"),
            item.Number("status", "readyReplicas"),
            item.Age(now),
            ContainerNames(item),
            ContainerImages(item),
            SelectorText(item),
        ]);

    private static string Gates(JsonElement pod)
    {
        JsonElement[] gates = [.. pod.Items("spec", "readinessGates")];
        if (gates.Length == 0)
        {
            return Cell.None;
        }

        var passed = gates.Count(gate => pod.Items("status", "conditions").Any(condition => condition.Text("type") == gate.Text("conditionType") && condition.Text("status") == "True"));
        return $"{passed}/{gates.Length}";
    }

    private static string ContainerNames(JsonElement item) => string.Join(',', item.Items("spec", "template", "spec", "containers").Select(container => container.Text("name")));

    private static string ContainerImages(JsonElement item) => string.Join(',', item.Items("spec", "template", "spec", "containers").Select(container => container.Text("image")));

    private static string SelectorText(JsonElement item) =>
        item.At("spec", "selector") is { } selector ? Cell.OrNone(ScaleEndpoint.SelectorText(JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(selector.GetRawText())) as JsonObject)) : Cell.None;
}
