using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Agent.Apply;

/// <summary>Tells the others of this node, by annotations and the condition NetworkUnavailable.</summary>
internal sealed class NodeAnnouncer(KubeClient client, ILogger logger)
{
    /// <summary>Writes what is not there yet; a null removes.</summary>
    public async Task AnnotateAsync(Node self, IReadOnlyDictionary<string, string?> wanted, CancellationToken cancel)
    {
        var values = new JsonObject();
        foreach (var (name, value) in wanted)
        {
            if (self.Metadata.Annotations.GetValueOrDefault(name) != value)
            {
                values[name] = value;
            }
        }

        if (values.Count == 0)
        {
            return;
        }

        CalicoLog.Annotated(logger, self.Metadata.Name, values.ToJsonString());
        await client.PatchAsync(KubeResources.Nodes, null, self.Metadata.Name, KubePatch.Strategic(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = values } }), cancel).ConfigureAwait(false);
    }

    /// <summary>The node's network is there.</summary>
    public async Task SetAvailableAsync(Node self, TimeProvider time, CancellationToken cancel)
    {
        if (self.Status.Conditions.Exists(static condition => condition is { Type: "NetworkUnavailable", Status: "False" }))
        {
            return;
        }

        var now = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ");
        var condition = new JsonObject
        {
            ["type"] = "NetworkUnavailable",
            ["status"] = "False",
            ["reason"] = "CalicoIsUp",
            ["message"] = "Calico is running on this node",
            ["lastTransitionTime"] = now,
            ["lastHeartbeatTime"] = now,
        };
        var conditions = new JsonArray();
        conditions.Add((JsonNode)condition);
        await client.PatchStatusAsync(KubeResources.Nodes, null, self.Metadata.Name, KubePatch.Strategic(new JsonObject { ["status"] = new JsonObject { ["conditions"] = conditions } }), cancel).ConfigureAwait(false);
    }
}
