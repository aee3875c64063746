using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Namespaces;

/// <summary>
/// Empties namespaces that are being deleted, resource by resource as discovery lists them, and then takes the finalizer "kubernetes" out of spec.finalizers, upon
/// which the API server removes the namespace. What still holds it up stands in its conditions.
/// </summary>
internal sealed class NamespaceController(ControllerContext context) : KeyedController("namespace", context.Loggers.CreateLogger("namespace"))
{
    private const string Finalizer = "kubernetes";

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() => [Own(context.Feeds.Namespaces)];

    /// <inheritdoc/>
    protected override async Task SyncAsync(ObjectKey key, CancellationToken cancel)
    {
        if (context.Feeds.Namespaces.Store.Get(null, key.Name) is not { Metadata.DeletionTimestamp: not null } seen || seen.Spec?.Finalizers.Contains(Finalizer) != true)
        {
            return;
        }

        var served = await ServerResources.AskAsync(context.Client, cancel).ConfigureAwait(false);
        var left = new NamespaceRemains(served.Missing);
        foreach (var resource in served.Resources.Where(resource => resource.IsNamespaced && resource.Can("list", "delete")))
        {
            await EmptyAsync(key.Name, resource, left, cancel).ConfigureAwait(false);
        }

        var space = await context.Client.TryGetAsync(KubeResources.Namespaces, null, key.Name, cancel).ConfigureAwait(false);
        if (space is null || space.Metadata.Uid != seen.Metadata.Uid)
        {
            return;
        }

        if (left.IsNothing)
        {
            await FinalizeAsync(space, cancel).ConfigureAwait(false);
            ControllersLog.NamespaceGone(Logger, key.Name);
            return;
        }

        await WriteConditionsAsync(space, left, cancel).ConfigureAwait(false);
        Queue.AddAfter(key, left.Wait);
    }

    /// <summary>Deletes every object of a resource in the namespace, and counts those that stay for a while.</summary>
    private async Task EmptyAsync(string ns, ApiResourceInfo resource, NamespaceRemains left, CancellationToken cancel)
    {
        var typed = KubeResources.Raw(resource.Group, resource.Version, resource.Kind, resource.Plural, resource.IsNamespaced);
        try
        {
            if (resource.Can("deletecollection"))
            {
                await context.Client.SendRawAsync(HttpMethod.Delete, typed.Path(ns), KubeJson.Serialize(new DeleteOptions { PropagationPolicy = "Background" }), null, cancel).ConfigureAwait(false);
            }

            var list = await context.Client.ListAsync(typed, ns, null, cancel).ConfigureAwait(false);
            foreach (var item in list.Items)
            {
                if (item.Metadata.DeletionTimestamp is null)
                {
                    var options = new DeleteOptions { PropagationPolicy = "Background", Preconditions = new() { Uid = item.Metadata.Uid } };
                    await context.Client.TryDeleteAsync(typed, ns, item.Metadata.Name, cancel, options).ConfigureAwait(false);
                }
            }

            left.Count(resource, resource.Can("deletecollection") || list.Items.Count == 0 ? list.Items : (await context.Client.ListAsync(typed, ns, null, cancel).ConfigureAwait(false)).Items);
        }
        catch (KubeApiException refused)
        {
            left.Fail(resource, refused.Message);
        }
    }

    private async Task FinalizeAsync(Namespace space, CancellationToken cancel)
    {
        var wanted = KubeJson.Clone(space);
        wanted.Spec!.Finalizers.Remove(Finalizer);
        var node = KubeJson.ToNode(wanted).AsObject();
        if (node["spec"] is not JsonObject)
        {
            node["spec"] = new JsonObject();
        }

        var path = KubeResources.Namespaces.Path(null, space.Metadata.Name, "finalize");
        await context.Client.SendRawAsync(HttpMethod.Put, path, Encoding.UTF8.GetBytes(node.ToJsonString()), null, cancel).ConfigureAwait(false);
    }

    private async Task WriteConditionsAsync(Namespace space, NamespaceRemains left, CancellationToken cancel)
    {
        var wanted = KubeJson.Clone(space);
        wanted.Status ??= new();
        foreach (var condition in left.Conditions(context.Time.GetUtcNow()))
        {
            var before = Conditions.Find(wanted.Status.Conditions, condition.Type);
            if (before is { } && before.Status == condition.Status && before.Reason == condition.Reason && before.Message == condition.Message)
            {
                continue;
            }

            if (before?.Status == condition.Status)
            {
                condition.LastTransitionTime = before.LastTransitionTime;
            }

            wanted.Status.Conditions = [.. Conditions.Without(wanted.Status.Conditions, condition.Type), condition];
        }

        if (MergeDiff.Between(KubeResources.Namespaces, space, wanted) is { } patch)
        {
            await context.Client.PatchStatusAsync(KubeResources.Namespaces, null, space.Metadata.Name, patch, cancel).ConfigureAwait(false);
        }
    }
}
