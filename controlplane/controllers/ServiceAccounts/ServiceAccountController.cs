using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.ServiceAccounts;

/// <summary>Keeps a service account "default" in every namespace that is not going away.</summary>
internal sealed class ServiceAccountController(ControllerContext context) : KeyedController("serviceaccount", context.Loggers.CreateLogger("serviceaccount"), workers: 1)
{
    private const string Default = "default";

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() =>
    [
        Own(context.Feeds.Namespaces),
        context.Feeds.ServiceAccounts.Store.Subscribe(change =>
        {
            if (change.IsDeleted && change.Key.Name == Default)
            {
                Queue.Add(new(string.Empty, change.Key.Namespace));
            }
        }),
    ];

    /// <inheritdoc/>
    protected override async Task SyncAsync(ObjectKey key, CancellationToken cancel)
    {
        if (context.Feeds.Namespaces.Store.Get(null, key.Name) is not { Metadata.DeletionTimestamp: null } || context.Feeds.ServiceAccounts.Store.Get(key.Name, Default) is not null)
        {
            return;
        }

        try
        {
            await context.Client.CreateAsync(KubeResources.ServiceAccounts, new ServiceAccount { Metadata = { Name = Default, Namespace = key.Name } }, cancel).ConfigureAwait(false);
        }
        catch (KubeApiException refused) when (refused.IsAlreadyExists || refused.IsForbidden || refused.IsNotFound)
        {
            // There already, or the namespace has begun to go.
        }
    }
}
