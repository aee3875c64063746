using System.Text.Json.Nodes;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Pods;

/// <summary>The API server, for pods' workers.</summary>
/// <param name="client">The connection.</param>
internal sealed class PodApi(KubeClient client) : IPodApi
{
    // A merge patch leaves what it does not name; these the kubelet owns and must be able to empty.
    private static readonly string[] Owned = ["reason", "message", "podIP", "podIPs", "initContainerStatuses", "containerStatuses"];

    /// <inheritdoc/>
    public async Task<bool> PatchStatusAsync(Pod pod, PodStatus status, CancellationToken cancel)
    {
        var body = KubeJson.ToNode(status).AsObject();
        foreach (var name in Owned)
        {
            if (!body.ContainsKey(name))
            {
                body[name] = null;
            }
        }

        // The uid makes the patch a conflict where another pod has taken the name.
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid }, ["status"] = body };
        try
        {
            await client.PatchStatusAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, KubePatch.Merge(patch), cancel);
            return true;
        }
        catch (KubeApiException error) when (error.IsNotFound || error.IsConflict || error.IsInvalid)
        {
            if (await client.TryGetAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, cancel) is { } now && now.Metadata.Uid == pod.Metadata.Uid)
            {
                throw;
            }

            return false;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(Pod pod, CancellationToken cancel)
    {
        var options = new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new() { Uid = pod.Metadata.Uid } };
        try
        {
            await client.TryDeleteAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, cancel, options);
        }
        catch (KubeApiException error) when (error.IsConflict)
        {
            // Another pod has the name: this one is gone.
        }
    }

    /// <inheritdoc/>
    public Task<ConfigMap?> GetConfigMapAsync(string ns, string name, CancellationToken cancel) => client.TryGetAsync(KubeResources.ConfigMaps, ns, name, cancel);

    /// <inheritdoc/>
    public Task<Secret?> GetSecretAsync(string ns, string name, CancellationToken cancel) => client.TryGetAsync(KubeResources.Secrets, ns, name, cancel);
}
