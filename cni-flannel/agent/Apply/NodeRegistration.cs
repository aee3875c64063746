using System.Text.Json.Nodes;
using Podwire.CniFlannel.Agent.State;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>
/// Through the API server, by patches of the status subresource: that is all that flannel's ClusterRole allows, and the server
/// takes annotations there too.
/// </summary>
internal sealed class NodeRegistration(KubeClient client, EventRecorder events, TimeProvider time) : INodeRegistration
{
    public async Task AnnotateAsync(Node node, IReadOnlyDictionary<string, string> annotations, CancellationToken cancel)
    {
        var values = new JsonObject();
        foreach (var (name, value) in annotations)
        {
            values[name] = value;
        }

        var patch = KubePatch.Strategic(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = values } });
        var stored = await client.PatchStatusAsync(KubeResources.Nodes, null, node.Metadata.Name, patch, cancel).ConfigureAwait(false);
        if (!FlannelAnnotations.Hold(stored, annotations))
        {
            // A server that keeps metadata out of the status subresource.
            await client.PatchAsync(KubeResources.Nodes, null, node.Metadata.Name, patch, cancel).ConfigureAwait(false);
        }
    }

    public void Warn(Node about, string reason, string message) => events.Warning(about, reason, message);

    public Task SetNetworkAvailableAsync(Node node, CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ");
        var condition = new JsonObject
        {
            ["type"] = "NetworkUnavailable",
            ["status"] = "False",
            ["reason"] = "FlannelIsUp",
            ["message"] = "Flannel is running on this node",
            ["lastTransitionTime"] = now,
            ["lastHeartbeatTime"] = now,
        };
        var patch = KubePatch.Strategic(new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) } });
        return client.PatchStatusAsync(KubeResources.Nodes, null, node.Metadata.Name, patch, cancel);
    }
}
