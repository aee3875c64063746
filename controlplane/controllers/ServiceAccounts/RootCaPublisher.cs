using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.ServiceAccounts;

/// <summary>
/// Keeps the config map kube-root-ca.crt with the API server's CA in every namespace, for pods that mount a projected service account token.
/// </summary>
internal sealed class RootCaPublisher(ControllerContext context) : KeyedController("root-ca-certificate-publisher", context.Loggers.CreateLogger("root-ca-certificate-publisher"), workers: 1)
{
    private const string MapName = "kube-root-ca.crt";
    private const string DataKey = "ca.crt";

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() => [Own(context.Feeds.Namespaces)];

    /// <inheritdoc/>
    protected override async Task SyncAsync(ObjectKey key, CancellationToken cancel)
    {
        if (context.Options.RootCa is not { } root || context.Feeds.Namespaces.Store.Get(null, key.Name) is not { Metadata.DeletionTimestamp: null })
        {
            return;
        }

        var present = await context.Client.TryGetAsync(KubeResources.ConfigMaps, key.Name, MapName, cancel).ConfigureAwait(false);
        try
        {
            if (present is null)
            {
                var map = new ConfigMap { Metadata = { Name = MapName, Namespace = key.Name } };
                map.Metadata.Annotations["kubernetes.io/description"] = "The CA that signed the certificate of the API server, for clients in the cluster.";
                map.Data[DataKey] = root;
                await context.Client.CreateAsync(KubeResources.ConfigMaps, map, cancel).ConfigureAwait(false);
            }
            else if (present.Data.GetValueOrDefault(DataKey) != root)
            {
                present.Data[DataKey] = root;
                await context.Client.UpdateAsync(KubeResources.ConfigMaps, present, cancel).ConfigureAwait(false);
            }
        }
        catch (KubeApiException refused) when (refused.IsAlreadyExists || refused.IsForbidden || refused.IsNotFound)
        {
            // There already, or the namespace has begun to go.
        }
    }
}
