using System.Text.Json;
using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Tables;

/// <summary>Columns of namespaces, nodes, events and leases.</summary>
internal static class ClusterTables
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static TableDefinition Namespace { get; } = new(
        [ConfigTables.Name, new("Status", "Active, or Terminating."), ConfigTables.Age],
        (item, now) => [item.Name(), item.Text("status", "phase"), item.Age(now)]);

    public static TableDefinition Lease { get; } = new(
        [ConfigTables.Name, new("Holder", "Who holds the lease."), ConfigTables.Age],
        (item, now) => [item.Name(), item.Text("spec", "holderIdentity"), item.Age(now)]);

    public static TableDefinition Node { get; } = new(
        [
            ConfigTables.Name,
            new("Status", "Whether the node is ready and takes pods."),
            new("Roles", "The roles in the node's labels."),
            ConfigTables.Age,
            new("Version", "The kubelet's version."),
            new("Internal-IP", "The node's address inside the cluster.", 1),
            new("External-IP", "The node's address for others.", 1),
            new("OS-Image", "The operating system.", 1),
            new("Kernel-Version", "The kernel.", 1),
            new("Container-Runtime", "What runs the containers.", 1),
        ],
        (item, now) =>
        [
            item.Name(),
            NodeStatus(item),
            Roles(item),
            item.Age(now),
            item.Text("status", "nodeInfo", "kubeletVersion"),
            Address(item, "InternalIP"),
            Address(item, "ExternalIP"),
            OrUnknown(item.Text("status", "nodeInfo", "osImage")),
            OrUnknown(item.Text("status", "nodeInfo", "kernelVersion")),
            OrUnknown(item.Text("status", "nodeInfo", "containerRuntimeVersion")),
        ]);

    public static TableDefinition Event { get; } = new(
        [
            new("Last Seen", "The time since it last happened."),
            new("Type", "Normal or Warning."),
            new("Reason", "Why, in one word."),
            new("Object", "What it is about."),
            new("Subobject", "Which part of the object.", 1),
            new("Source", "Who reports it.", 1),
            new("Message", "What happened."),
            new("First Seen", "The time since it first happened.", 1),
            new("Count", "How often it happened.", 1),
            ConfigTables.Name with { Priority = 1 },
        ],
        EventCells);

    private static JsonNode?[] EventCells(JsonElement item, DateTimeOffset now)
    {
        var first = Cell.Since(item.Text("firstTimestamp"), now);
        if (first == Cell.Unknown)
        {
            first = Cell.Since(item.Text("eventTime"), now);
        }

        var last = Cell.Since(item.Text("lastTimestamp"), now);
        if (last == Cell.Unknown)
        {
            last = first;
        }

        var count = item.Number("count");
        if (item.At("series") is not null)
        {
            last = Cell.Since(item.Text("series", "lastObservedTime"), now);
            count = item.Number("series", "count");
        }

        var kind = item.Text("involvedObject", "kind").ToLowerInvariant();
        var name = item.Text("involvedObject", "name");
        var component = item.Text("source", "component") is { Length: > 0 } source ? source : item.Text("reportingComponent");
        var host = item.Text("source", "host") is { Length: > 0 } from ? from : item.Text("reportingInstance");
        return
        [
            last,
            item.Text("type"),
            item.Text("reason"),
            name.Length == 0 ? kind : $"{kind}/{name}",
            item.Text("involvedObject", "fieldPath"),
            host.Length == 0 ? component : $"{component}, {host}",
            item.Text("message").Trim(),
            first,
            Math.Max(1, count),
            item.Name(),
        ];
    }

    private static string NodeStatus(JsonElement node)
    {
        var ready = node.Items("status", "conditions").FirstOrDefault(condition => condition.Text("type") == "Ready");
        var status = ready.ValueKind == JsonValueKind.Undefined ? "Unknown" : ready.Text("status") == "True" ? "Ready" : "NotReady";
        return node.Flag("spec", "unschedulable") ? status + ",SchedulingDisabled" : status;
    }

    private static string Roles(JsonElement node)
    {
        var roles = new SortedSet<string>(StringComparer.Ordinal);
        if (node.At("metadata", "labels") is { ValueKind: JsonValueKind.Object } labels)
        {
            foreach (var label in labels.EnumerateObject())
            {
                if (label.Name.StartsWith(RolePrefix, StringComparison.Ordinal) && label.Name.Length > RolePrefix.Length)
                {
                    roles.Add(label.Name[RolePrefix.Length..]);
                }
                else if (label.Name == "kubernetes.io/role" && label.Value.GetString() is { Length: > 0 } role)
                {
                    roles.Add(role);
                }
            }
        }

        return Cell.Join(roles);
    }

    private static string Address(JsonElement node, string type) =>
        Cell.OrNone(node.Items("status", "addresses").FirstOrDefault(address => address.Text("type") == type) is { ValueKind: JsonValueKind.Object } found ? found.Text("address") : string.Empty);

    private static string OrUnknown(string text) => text.Length == 0 ? Cell.Unknown : text;
}
